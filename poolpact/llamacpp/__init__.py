"""A real engine for the suite: where a llama.cpp server is found, and a model small enough for every run."""

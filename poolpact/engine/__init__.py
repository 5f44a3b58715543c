"""The engine simulator: a program with llama-server's HTTP surface that fails on demand and writes down what it saw.

It must be up in 50 ms, so this package imports nothing but small modules of the standard library.
"""

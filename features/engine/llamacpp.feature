@engine.llamacpp
Feature: A real llama.cpp server between both daemons
  Both daemons are processes of their own. The engine is llama.cpp's own server with a tiny model of random weights: what it writes
  means nothing, but every token of it was computed by the engine that the daemon spawned, and came through the orchestrator.

  @PM-PRELOAD-1
  Rule: The engine is started with exactly the flags it was given

    Scenario: The process is what the preload says
      Given a pool of a llama.cpp server that is ready, with 2 slots
      Then the process of the pool runs the llama.cpp server with exactly the flags of the preload
      And it leads a session of its own
      And its health is that of a llama.cpp server with 2 slots, and it is the one that listens there

  @PM-AUTH-5
  Rule: The engine's environment is an allowlist and holds no token

    Scenario: The environment of the process
      Given a pool manager with the token "kept-from-engines"
      And a pool of a llama.cpp server that is ready, with 2 slots
      Then the environment of its process holds neither the token nor a setting of the daemon

  @PM-READY-3
  Rule: An engine that ends while it loads has failed, at once and with its cause

    Scenario: A model that is none
      Given a pool of a llama.cpp server that is ready, with 1 slot
      When another pool is preloaded with a model that is no GGUF file
      Then the preload fails with the exit code 1 and what the llama.cpp server printed
      And the ready pool is still served by the same process

  @PM-READY-6
  Rule: The number of slots is what was prepared, else what the engine says, else one

    Scenario: The llama.cpp server is asked for its slots
      Given a pool of a llama.cpp server that is ready, with 3 slots that only the engine knows of
      Then the status has 3 slots, all of them free

  @OR-GATE-1
  Rule: Work is dispatched only to a pool that is live, ready and has a free slot

    Scenario: Real tokens reach the caller in order
      Given a pool of a llama.cpp server that is ready, with 2 slots
      When work with at most 24 tokens is given to the pool
      Then 24 tokens of printable text arrive in order, and the end says so

    Scenario: Two streams at once
      Given a pool of a llama.cpp server that is ready, with 2 slots
      When long work is given to the pool twice at once
      Then both have their first token while the other still streams
      And both deliver all their tokens

  @OR-GATE-2
  Rule: A refusal is an error PoolUnready that says when to try again, and then the end

    Scenario: A third stream beside two that hold both slots
      Given a pool of a llama.cpp server that is ready, with 2 slots
      When long work is given to the pool twice at once
      And both have their first token while the other still streams
      And work with at most 4 tokens is given to the pool
      Then the stream is an error PoolUnready with a time to try again, and then the end
      And the two before deliver all their tokens

  @OR-GATE-3
  Rule: A slot is held for exactly as long as the work takes

    Scenario: A caller that hangs up gives its slot back
      Given a pool of a llama.cpp server that is ready, with 1 slot
      When long work is given to the pool
      And its first token has arrived
      Then 1 slot of the pool is leased
      When the caller hangs up
      Then no slot of the pool is leased
      When work with at most 4 tokens is given to the pool
      Then 4 tokens of printable text arrive in order, and the end says so

  @PM-STOP-1
  Rule: A stop ends the engine with everything it started and removes its files

    Scenario: Nothing of the llama.cpp server is left
      Given a pool of a llama.cpp server that is ready, with 2 slots
      When the pool is stopped
      Then its process is gone and its port is free
      And the pool is unknown, and stopping it once more is refused as such
      And the pool can be preloaded again, and another process serves it

Feature: What happens to the pools, as it happens
  An orchestrator that follows the events knows every pool without asking. It believes what it was told last: an event that is lost,
  told twice or out of order makes it send work to a pool that is not there, or leave one idle that is.

  Background:
    Given a pool manager

  @PM-OBS-3
  Rule: Whoever reads the events is told of all pools, and then of every change once, in order

    Scenario: A new reader is told of all pools first
      Given pool "gpu-0" is ready
      And pool "gpu-1" is loading
      And pool "gpu-2" has failed to load
      When reader "A" begins to read the events
      Then reader "A" is told first of all pools, and of "gpu-0", "gpu-1" and "gpu-2" what their statuses say

    Scenario: From the preload to the crash
      Given an engine for pool "gpu-0" that stays loading until it is told
      And a reader "A" of the events
      When pool "gpu-0" is preloaded
      Then reader "A" is told that pool "gpu-0" is live and not ready
      When the engine of pool "gpu-0" turns healthy
      Then reader "A" is told that pool "gpu-0" is live and ready
      When its engine dies of SIGKILL
      Then reader "A" is told that pool "gpu-0" is neither live nor ready
      And reader "A" was told every change of pool "gpu-0" once, in order

    Scenario Outline: An engine that <fails>
      Given an engine for pool "gpu-0" that <fails>
      And a reader "A" of the events
      When pool "gpu-0" is preloaded
      Then reader "A" is told that pool "gpu-0" is live and not ready
      And reader "A" is told that pool "gpu-0" is neither live nor ready
      And reader "A" was told every change of pool "gpu-0" once, in order
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      And reader "A" is told that pool "gpu-0" is live and ready
      And reader "A" was told every change of pool "gpu-0" once, in order

      Examples:
        | fails                            |
        | exits with code 3 while loading  |
        | exits with code 0 while loading  |
        | dies of SIGSEGV while loading    |

    Scenario: Several pools at once
      Given an engine for pool "gpu-0" that loads for 0.1 seconds
      And an engine for pool "gpu-1" that exits with code 3 while loading
      And a reader "A" of the events
      When pool "gpu-0" is preloaded
      And pool "gpu-1" is preloaded
      Then reader "A" was told every change of pool "gpu-0" once, in order
      And reader "A" was told every change of pool "gpu-1" once, in order
      And pool "gpu-0" becomes ready
      And reader "A" was told every change of pool "gpu-0" once, in order

    @with.lifecycle
    Scenario Outline: A pool that <condition> is stopped
      Given pool "gpu-0" <condition>
      And a reader "A" of the events
      When pool "gpu-0" is stopped
      Then it is stopped
      And reader "A" is told that pool "gpu-0" is gone
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      And reader "A" is told that pool "gpu-0" is live and ready
      And reader "A" was told every change of pool "gpu-0" once, in order

      Examples:
        | condition          |
        | is ready           |
        | is loading         |
        | has failed to load |

    @with.leases @with.lifecycle
    Scenario: A pool that is drained
      Given pool "gpu-0" is ready with 2 slots
      And a lease "L" on pool "gpu-0"
      And a reader "A" of the events
      When pool "gpu-0" is drained
      Then reader "A" is told that pool "gpu-0" is live and not ready
      When lease "L" is given back
      Then reader "A" is told that pool "gpu-0" is neither live nor ready
      And reader "A" was told every change of pool "gpu-0" once, in order

    @with.leases
    Scenario: Slots that are taken and given back
      Given pool "gpu-0" is ready with 2 slots
      And a reader "A" of the events
      When a lease "L" is taken on pool "gpu-0"
      Then reader "A" is told that pool "gpu-0" has 1 active lease and 1 free slot
      When lease "L" is given back
      Then reader "A" is told that pool "gpu-0" has 0 active leases and 2 free slots
      And reader "A" was told every change of pool "gpu-0" once, in order

    @with.leases
    Scenario: What changes nothing is no event
      Given pool "gpu-0" is ready with 1 slot
      And a lease "A" on pool "gpu-0"
      And a reader "A" of the events
      When a lease "B" is taken on pool "gpu-0"
      Then there is no free slot, and the caller is told when to ask again
      When lease "A" is given back 3 times
      Then reader "A" is told that pool "gpu-0" has 0 active leases and 1 free slot
      And a lease can be taken on pool "gpu-0"
      And reader "A" was told every change of pool "gpu-0" once, in order

    @with.leases @needs.lease_ttl
    Scenario: A slot that comes back by itself
      Given a pool manager with short leases
      And pool "gpu-0" is ready with 1 slot
      And a lease "forgotten" on pool "gpu-0"
      And a reader "A" of the events
      When a lease lasts no longer
      Then reader "A" is told that pool "gpu-0" has 0 active leases and 1 free slot
      And reader "A" was told every change of pool "gpu-0" once, in order

    Scenario: Two readers are told the same
      Given pool "gpu-0" is ready
      And a reader "A" of the events
      When its engine dies of SIGKILL
      Then reader "A" is told that pool "gpu-0" is neither live nor ready
      When reader "B" begins to read the events
      Then reader "B" is told first of all pools, and of "gpu-0" what its status says
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      And reader "A" is told that pool "gpu-0" is live and ready
      And reader "B" is told that pool "gpu-0" is live and ready
      And readers "A" and "B" were told the same changes

    @with.leases
    Scenario: A reader that does not read
      Given the status of pool "gpu-0" is very long
      And pool "gpu-0" is ready with 1 slot
      And a reader "slow" of the events
      And a reader "A" of the events
      When 60 leases are taken on pool "gpu-0" and given back, one after the other
      Then pool "gpu-0" has 0 active leases and 1 free slot
      And reader "A" was told every change of pool "gpu-0" once, in order
      And reader "slow", which reads again, is told everything of pool "gpu-0", or that it has missed something

    Scenario: Nothing happens
      Given a reader "A" of the events
      Then reader "A" hears something 2 times, each within 5 seconds

    # --- readers that were away ---

    Scenario: A reader that was away goes on where it was
      Given pool "gpu-0" is ready
      And a reader "A" of the events
      When reader "A" hangs up
      And its engine dies of SIGKILL
      And pool "gpu-0" is seen dead
      And reader "A" comes back
      Then reader "A" is told that pool "gpu-0" is neither live nor ready
      And reader "A" was told what it had missed of pool "gpu-0", and nothing besides
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      And reader "A" was told what it had missed of pool "gpu-0", and nothing besides

    Scenario: A reader that was away comes back again and again
      Given an engine for pool "gpu-0" that stays loading until it is told
      And a reader "A" of the events
      When reader "A" hangs up
      And reader "A" comes back
      And pool "gpu-0" is preloaded
      Then reader "A" is told that pool "gpu-0" is live and not ready
      When reader "A" hangs up
      And reader "A" comes back
      And the engine of pool "gpu-0" turns healthy
      Then reader "A" is told that pool "gpu-0" is live and ready
      And reader "A" was told what it had missed of pool "gpu-0", and nothing besides

    Scenario Outline: A reader comes back with <id>
      Given pool "gpu-0" is ready
      And a reader "A" of the events
      When reader "A" comes back with <id>
      Then reader "A" is told to begin anew, with all pools, and of "gpu-0" what its status says
      When its engine dies of SIGKILL
      Then reader "A" is told that pool "gpu-0" is neither live nor ready
      And reader "A" was told every change of pool "gpu-0" once, in order

      Examples:
        | id                                                 |
        | an id of another run                               |
        | an id that is yet to come                          |
        | an id with a negative number                       |
        | an id with a number that is too large for anything |
        | an id without a number                             |
        | a text that is no id                               |
        | a text that is not ASCII                           |

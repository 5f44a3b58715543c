Feature: Draining a pool
  An engine that is to be replaced, or whose node is to be serviced, should not take anybody's answer with it. It takes no new
  work, finishes what it has, and stops; only one that never finishes is stopped by force.

  Background:
    Given a pool manager

  @PM-DRAIN-1
  Rule: A pool that drains takes no new work, from the moment it was asked for

    Scenario: While the engine still works
      Given pool "gpu-0" is ready with 2 slots
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained
      Then pool "gpu-0" takes no new work
      And pool "gpu-0" cannot be preloaded meanwhile
      When the engine of pool "gpu-0" gets on with its request
      And pool "gpu-0" is seen dead
      Then pool "gpu-0" can be preloaded with a right engine and becomes ready

    @with.leases
    Scenario: While a lease is held
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When pool "gpu-0" is drained
      Then pool "gpu-0" takes no new work
      And no lease is to be had of pool "gpu-0"
      And pool "gpu-0" cannot be preloaded meanwhile
      When lease "A" is given back
      And pool "gpu-0" is seen dead
      Then pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: The neighbours take work as ever
      Given pool "gpu-0" is ready with 2 slots
      And pool "gpu-1" is ready
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained
      Then pool "gpu-0" takes no new work
      And pool "gpu-1" is still served by the same engine

  @PM-DRAIN-2
  Rule: What is in flight finishes, and then the engine is stopped

    @with.leases
    Scenario: A lease is given back
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When pool "gpu-0" is drained
      Then the engine of pool "gpu-0" still runs
      And lease "A" can be renewed
      When lease "A" is given back
      Then the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: The engine finishes its request
      Given pool "gpu-0" is ready with 2 slots
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained
      Then the engine of pool "gpu-0" still runs
      When the engine of pool "gpu-0" gets on with its request
      Then the request to the engine of pool "gpu-0" is answered to the end
      And the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    @with.leases
    Scenario: A lease is given back before the engine has finished
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained
      And lease "A" is given back
      Then the engine of pool "gpu-0" still runs
      When the engine of pool "gpu-0" gets on with its request
      Then the request to the engine of pool "gpu-0" is answered to the end
      And the drain of pool "gpu-0" is over, without force

    @with.leases
    Scenario: An engine that does not tell whether it works
      Given an engine for pool "gpu-0" that does not tell whether it works
      And pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When pool "gpu-0" is drained
      Then the engine of pool "gpu-0" still runs
      When lease "A" is given back
      Then the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left

    @with.leases
    Scenario Outline: An engine that <resists>
      Given an engine for pool "gpu-0" that <resists>
      And pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When pool "gpu-0" is drained
      Then the engine of pool "gpu-0" still runs
      When lease "A" is given back
      Then the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left

      Examples:
        | resists                            |
        | ignores SIGTERM                    |

      @engine.process
      Examples: Only where processes are real
        | resists                            |
        | starts a child                     |
        | ignores SIGTERM and starts a child |

  @PM-DRAIN-3
  Rule: At the deadline the engine is stopped anyway, and whoever asked is told so

    @with.leases
    Scenario: A lease is held for ever
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When pool "gpu-0" is drained within 300 ms by a caller who waits
      Then whoever drained pool "gpu-0" is told that it was by force
      And nothing of the engine of pool "gpu-0" is left
      And lease "A" is lost
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: The engine works for ever
      Given pool "gpu-0" is ready with 2 slots
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained within 300 ms by a caller who waits
      Then whoever drained pool "gpu-0" is told that it was by force
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: Nobody wants to wait
      Given pool "gpu-0" is ready with 2 slots
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained within 0 ms by a caller who waits
      Then whoever drained pool "gpu-0" is told that it was by force
      And nothing of the engine of pool "gpu-0" is left

    Scenario: Somebody else is in a hurry
      Given pool "gpu-0" is ready with 2 slots
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained
      And pool "gpu-0" is drained within 300 ms by a caller who waits
      Then whoever drained pool "gpu-0" is told that it was by force
      And nothing of the engine of pool "gpu-0" is left

  @PM-DRAIN-4
  Rule: With nothing in flight there is nothing to wait for

    Scenario: An idle pool
      Given pool "gpu-0" is ready with 2 slots
      When pool "gpu-0" is drained within 600000 ms by a caller who waits
      Then the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    @with.leases
    Scenario: Every lease was given back
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When lease "A" is given back
      And pool "gpu-0" is drained within 600000 ms by a caller who waits
      Then the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left

    Scenario: A pool that still loads
      Given an engine for pool "gpu-0" that stays loading until it is told
      And pool "gpu-0" was preloaded and is live
      When pool "gpu-0" is drained within 600000 ms by a caller who waits
      Then the drain of pool "gpu-0" is over, without force
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

  @PM-DRAIN-5
  Rule: What cannot be drained is not, and says so

    Scenario: A pool that nobody knows
      Given pool "gpu-1" is ready
      Then there is no pool "gpu-0" to drain
      And pool "gpu-1" is still served by the same engine

    Scenario: A pool whose engine ended long ago
      Given pool "gpu-0" is ready
      When its engine dies of SIGKILL
      And pool "gpu-0" is seen dead
      Then there is nothing to drain in pool "gpu-0", and that is fine
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario Outline: A deadline of <deadline> ms
      Given pool "gpu-0" is ready
      When pool "gpu-0" is drained with the deadline <deadline>
      Then that drain is refused
      And pool "gpu-0" is still served by the same engine

      Examples:
        | deadline         |
        | -1               |
        | 86400001         |
        | 1e300            |
        | 0.5              |
        | "1000"           |
        | true             |
        | [1000]           |

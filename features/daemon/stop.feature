Feature: Stopping an engine
  What is stopped is gone: its processes, its port and its GPU memory, and whatever announced it. Only then can the next one start.

  Background:
    Given a pool manager

  @PM-STOP-1
  Rule: To stop a pool is to leave nothing of it

    Scenario: A ready pool
      Given pool "gpu-0" is ready
      When pool "gpu-0" is stopped
      Then it is stopped
      And nothing of the engine of pool "gpu-0" is left
      And no file announces pool "gpu-0" any more
      And pool "gpu-0" is unknown
      And stopping pool "gpu-0" again finds nothing
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario Outline: An engine that <resists>
      Given an engine for pool "gpu-0" that <resists>
      And pool "gpu-0" was preloaded and is live
      When pool "gpu-0" is stopped
      Then it is stopped
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" is unknown
      And stopping pool "gpu-0" again finds nothing
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

      Examples:
        | resists                        |
        | stays loading until it is told |
        | never listens                  |
        | ignores SIGTERM                |

      @engine.process
      Examples: Only where processes are real
        | resists                                          |
        | starts a child                                   |
        | listens from a child                             |
        | ignores SIGTERM and starts a child               |

    Scenario: A waiting caller is told that the load was cancelled
      Given an engine for pool "gpu-0" that stays loading until it is told
      And callers wait for the preload of pool "gpu-0"
      And pool "gpu-0" is seen live
      When pool "gpu-0" is stopped
      Then it is stopped
      And the caller of pool "gpu-0" learns that it is not to be
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: A failed pool is forgotten
      Given pool "gpu-0" has failed to load
      When pool "gpu-0" is stopped
      Then it is stopped
      And pool "gpu-0" is unknown
      And stopping pool "gpu-0" again finds nothing
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    @with.leases
    Scenario: Leases end with the engine
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When pool "gpu-0" is stopped
      Then it is stopped
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      And lease "A" is lost
      And pool "gpu-0" has 0 active leases and 1 free slot

    Scenario: The neighbours go on
      Given pool "gpu-0" is ready
      And pool "gpu-1" is ready
      When pool "gpu-0" is stopped
      Then it is stopped
      And pool "gpu-1" is still served by the same engine

    Scenario: A pool that drains
      Given pool "gpu-0" is ready with 2 slots
      And the engine of pool "gpu-0" works on a request
      When pool "gpu-0" is drained
      And pool "gpu-0" is stopped
      Then it is stopped
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" is unknown
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: Several callers at once
      Given an engine for pool "gpu-0" that ignores SIGTERM
      And pool "gpu-0" was preloaded and is live
      When 3 callers stop pool "gpu-0" at once
      Then each of them is told that it is stopped, or that there is nothing to stop
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-0" is unknown
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

Feature: When a pool becomes ready
  An engine may load for a second or for an hour, hang, crash, or find its port taken. Work may go in exactly while the engine
  itself is healthy, and when there is nothing to wait for, nobody should wait.

  Background:
    Given a pool manager

  @PM-READY-1
  Rule: A pool is not ready before its engine answers healthy

    Scenario: An engine that answers "still loading"
      Given an engine for pool "gpu-0" that stays loading until it is told
      When pool "gpu-0" is preloaded
      And its engine has come up
      Then pool "gpu-0" is live and stays not ready for 0.3 seconds
      When its engine turns healthy
      Then pool "gpu-0" becomes ready

    Scenario: An engine whose port refuses connections
      Given an engine for pool "gpu-0" that never listens
      And pool "gpu-1" is ready
      When pool "gpu-0" is preloaded
      And its engine has come up
      Then pool "gpu-0" is live and stays not ready for 0.3 seconds
      And pool "gpu-1" is still served by the same engine
      When the engine of pool "gpu-0" ends
      Then pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: Health is asked for where the PreparedEngine says
      Given an engine for pool "gpu-0" that is asked for its health at "/nowhere"
      And pool "gpu-1" is ready
      When pool "gpu-0" is preloaded
      Then pool "gpu-0" stays not ready for 0.3 seconds, whatever else becomes of it
      And pool "gpu-1" is still served by the same engine
      When the engine of pool "gpu-0" ends
      Then pool "gpu-0" can be preloaded with a right engine and becomes ready

  @PM-READY-2
  Rule: Ready is visible as soon as the engine is healthy

    Scenario Outline: An engine that has been loading for <time> seconds
      Given an engine for pool "gpu-0" that stays loading until it is told
      And it has been loading for <time> seconds
      When its engine turns healthy right after it was asked
      Then pool "gpu-0" is seen to be ready within 250 ms

      Examples:
        | time |
        | 0    |
        | 0.5  |
        | 2    |

  @PM-READY-3
  Rule: An engine that ends while it loads has failed, at once and with its cause

    Scenario Outline: A caller that waits, and an engine that <ends>
      Given pool "gpu-1" is ready
      And an engine for pool "gpu-0" that <ends>
      When pool "gpu-0" is preloaded by a caller that waits up to 20 seconds
      Then the load of pool "gpu-0" fails within 5 seconds, and what is told names <cause>
      And pool "gpu-0" is neither live nor ready
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

      Examples:
        | ends                                                   | cause           |
        | exits with code 1 while loading                        | "code 1"        |
        | exits with code 42 while loading                       | "code 42"       |
        | exits with code 0 while loading                        | "code 0"        |
        | dies of SIGKILL while loading                          | "SIGKILL"       |
        | dies of SIGSEGV while loading                          | "SIGSEGV"       |
        | dies of SIGABRT while loading                          | "SIGABRT"       |
        | prints "no such model" and exits with code 1 while loading | "no such model" |
        | runs out of GPU memory                                 | "out of memory" |

    Scenario Outline: A caller that does not ask to wait, and an engine that <ends>
      Given pool "gpu-1" is ready
      And an engine for pool "gpu-0" that <ends>
      When pool "gpu-0" is preloaded
      Then the load of pool "gpu-0" fails within 5 seconds, and what is told names <cause>
      And pool "gpu-0" is neither live nor ready
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

      Examples:
        | ends                                                   | cause           |
        | exits with code 42 while loading                       | "code 42"       |
        | dies of SIGSEGV while loading                          | "SIGSEGV"       |
        | prints "no such model" and exits with code 1 while loading | "no such model" |
        | runs out of GPU memory                                 | "out of memory" |

  @PM-READY-4 @needs.startup_timeout
  Rule: An engine that is not healthy in time is killed with everything it started

    Scenario: Engines that hang, each in its own way
      Given a pool manager with a short start-up time-out
      And pool "bystander" is ready
      And engines that hang
        | pool     | hangs                                              |
        | loading  | stays loading until it is told                     |
        | mute     | never listens                                      |
        | stubborn | stays loading until it is told and ignores SIGTERM |
      When they are preloaded, and each is seen live
      Then each is neither live nor ready when the start-up time-out is over
      And nothing of their engines is left
      And of each it is told why
      And pool "bystander" is still served by the same engine

    @engine.process
    Scenario: Engines that hang and have children
      Given a pool manager with a short start-up time-out
      And pool "bystander" is ready
      And engines that hang
        | pool            | hangs                                                   |
        | parent          | stays loading until it is told and starts a child       |
        | child listens   | stays loading until it is told and listens from a child |
        | stubborn parent | never listens, ignores SIGTERM and starts a child       |
      When they are preloaded, and each is seen live
      Then each is neither live nor ready when the start-up time-out is over
      And nothing of their engines is left
      And of each it is told why
      And pool "bystander" is still served by the same engine

    Scenario: A caller that waits well beyond the start-up time-out
      Given a pool manager with a short start-up time-out
      And pool "gpu-1" is ready
      And an engine for pool "gpu-0" that never listens
      When pool "gpu-0" is preloaded by a caller that waits well beyond the start-up time-out
      Then the load of pool "gpu-0" fails when the start-up time-out is over, and something is told
      And nothing of the engine of pool "gpu-0" is left
      And pool "gpu-1" is still served by the same engine
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

  @PM-READY-5 @engine.process
  Rule: Only the engine itself makes its pool ready

    Scenario: A stranger answers on the engine's port
      Given pool "gpu-1" is ready
      And an engine for pool "gpu-0" that never listens
      And a stranger answers healthy on the port of pool "gpu-0"
      When pool "gpu-0" is preloaded
      Then pool "gpu-0" stays not ready for 0.5 seconds, whatever else becomes of it
      When the stranger goes away
      And the engine of pool "gpu-0" ends
      Then pool "gpu-0" can be preloaded with a right engine on the same port, and becomes ready

    Scenario: A child of the engine may be the one that listens
      Given an engine for pool "gpu-0" that listens from a child
      When pool "gpu-0" is preloaded
      Then pool "gpu-0" becomes ready

  @PM-READY-6
  Rule: The number of slots is what was prepared, else what the engine says, else one

    Scenario Outline: <prepared> prepared, and an engine that <says>
      Given an engine for pool "gpu-0" that <says>
      And <prepared> slots are prepared for pool "gpu-0"
      When pool "gpu-0" is preloaded
      And its engine turns healthy
      Then pool "gpu-0" becomes ready
      And pool "gpu-0" has <slots> slots

      Examples:
        | prepared | says              | slots |
        | no       | has 3 slots       | 3     |
        | 4        | has 2 slots       | 4     |
        | 1        | has 2 slots       | 1     |
        | no       | tells no slots    | 1     |
        | 2        | tells no slots    | 2     |

Feature: Preloading an engine
  To preload is to start an engine in a pool and to let work in only once it is healthy. Callers repeat themselves, race each
  other and make mistakes; whatever they do, the engine that runs is the one that was asked for, and it runs once.

  Background:
    Given a pool manager

  @PM-PRELOAD-1
  Rule: The engine is started with exactly the flags it was given, in their order, without a shell

    Scenario Outline: Flags with <what>
      Given an engine for pool "gpu-0" with the further flags <flags>
      When pool "gpu-0" is preloaded
      Then pool "gpu-0" becomes ready
      And the engine of pool "gpu-0" was started once, with exactly its flags

      Examples:
        | what                 | flags                                          |
        | nothing special      | ["--ctx-size", "4096", "--metrics"]            |
        | blanks and quotes    | ["a b", " ", "it's", "say \"hi\"", "tab\there"] |
        | nothing in them      | ["", "--empty", ""]                            |
        | shell syntax         | ["$HOME", "$(id)", "`id`", ";exit", "\|\|", "&", ">x", "*"] |
        | their order reversed | ["-z", "-y", "-x", "-x", "-z"]                 |
        | other scripts        | ["größe", "模型", "🚀"]                          |
        | placeholders         | ["{port}", "%d", "{{host}}", "%PATH%"]         |

  @PM-PRELOAD-2
  Rule: A preload says that it is under way, or that the pool is ready now

    Scenario: A caller that does not ask to wait
      Given an engine for pool "gpu-0" that stays loading until it is told
      When pool "gpu-0" is preloaded
      Then the caller learns that it is under way, and where to look, or is kept waiting
      And pool "gpu-0" is not ready
      When its engine turns healthy
      Then pool "gpu-0" becomes ready
      And the caller was told where to look, or the process of the engine that is healthy by then

    Scenario: A caller that waits until the engine is ready
      Given an engine for pool "gpu-0" that loads for 0.2 seconds
      When pool "gpu-0" is preloaded by a caller that waits up to 20 seconds
      Then the caller was told where to look, or the process of the engine that is healthy by then
      And if it was told so, the pool is ready at that moment

    Scenario: A caller whose patience runs out
      Given an engine for pool "gpu-0" that stays loading until it is told
      When pool "gpu-0" is preloaded by a caller that waits up to 1 second
      Then the caller learns that it is under way, and where to look, or is kept waiting
      When its engine turns healthy
      Then pool "gpu-0" becomes ready
      And the caller was told where to look, or the process of the engine that is healthy by then

    Scenario: A caller that comes when the pool is ready
      Given pool "gpu-0" is ready
      When pool "gpu-0" is preloaded by a caller that waits up to 20 seconds
      Then the caller was told where to look, or the process of the engine that is healthy by then

  @PM-PRELOAD-6
  Rule: The same engine again joins the one that is there

    Scenario: While it loads
      Given an engine for pool "gpu-0" that stays loading until it is told
      When pool "gpu-0" is preloaded
      And pool "gpu-0" is preloaded again
      And its engine turns healthy
      Then pool "gpu-0" becomes ready
      And both preloads are accepted, by one process
      And the engine of pool "gpu-0" was started once

    Scenario: While it runs
      Given pool "gpu-0" is ready
      When pool "gpu-0" is preloaded again 3 times by a caller that waits up to 20 seconds
      Then all preloads are accepted, by one process
      And the engine of pool "gpu-0" was started once

    Scenario: Members that no daemon knows make no other engine
      Given pool "gpu-0" is ready
      When pool "gpu-0" is preloaded again, with members that no daemon knows
      Then all preloads are accepted, by one process
      And pool "gpu-0" is still served by the same engine
      And the engine of pool "gpu-0" was started once

  @PM-PRELOAD-7
  Rule: Another engine is refused while one runs

    Scenario Outline: Another <member> while the engine runs
      Given pool "gpu-0" is ready
      When pool "gpu-0" is preloaded with another <member>
      Then the preload is refused as a conflict
      And the other engine was not started
      And pool "gpu-0" is still served by the same engine
      And the same preload as before is still accepted

      Examples:
        | member         |
        | list of flags  |
        | port           |
        | model          |
        | engine version |

    Scenario: Another list of flags while the engine loads
      Given pool "gpu-0" is loading
      When pool "gpu-0" is preloaded with another list of flags
      Then the preload is refused as a conflict
      And the other engine was not started
      And pool "gpu-0" is still served by the same engine
      When the engine of pool "gpu-0" turns healthy
      Then pool "gpu-0" becomes ready
      And the same preload as before is still accepted

  @PM-PRELOAD-8
  Rule: Any number of identical preloads at once start one engine

    Scenario Outline: <number> callers at once
      Given an engine for pool "gpu-0" that loads for 0.1 seconds
      When <number> callers preload pool "gpu-0" at once and wait up to 20 seconds
      Then all preloads are accepted, by one process
      And pool "gpu-0" becomes ready
      And the engine of pool "gpu-0" was started once

      Examples:
        | number |
        | 2      |
        | 20     |

  @PM-PRELOAD-10
  Rule: Pools are independent

    Scenario Outline: A neighbour that <misbehaves>
      Given pool "gpu-0" is ready
      And an engine for pool "gpu-1" that <misbehaves>
      When pool "gpu-1" is preloaded
      Then pool "gpu-1" is not ready
      And pool "gpu-2" can be preloaded and becomes ready
      And pool "gpu-0" is still served by the same engine

      Examples:
        | misbehaves                      |
        | never listens                   |
        | stays loading until it is told  |
        | exits with code 1 while loading |
        | dies of SIGSEGV while loading   |
        | runs out of GPU memory          |

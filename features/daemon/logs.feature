Feature: What is logged
  When a pool has failed, the log of the daemon says when, why and at whose wish it changed, and what the engine printed says the rest.
  Both are read by people who were not there, and by programs.

  Background:
    Given a pool manager

  @PM-OBS-2
  Rule: The daemon's log tells every change of a pool's state, and who asked for it

    Scenario: A preload, and whoever asked for it
      Given an engine for pool "gpu-0" that stays loading until it is told
      When caller "alice" preloads pool "gpu-0"
      Then the daemon's log tells once that pool "gpu-0" went from "absent" to "loading", for caller "alice"
      When the engine of pool "gpu-0" turns healthy
      Then pool "gpu-0" becomes ready
      And the daemon's log tells once that pool "gpu-0" went from "loading" to "ready", for caller "alice"

    Scenario: Others who ask for the same change nothing
      Given an engine for pool "gpu-0" that stays loading until it is told
      When caller "alice" preloads pool "gpu-0"
      And caller "bob" preloads pool "gpu-0"
      And the engine of pool "gpu-0" turns healthy
      Then pool "gpu-0" becomes ready
      And the daemon's log tells once that pool "gpu-0" went from "absent" to "loading", for caller "alice"
      And the daemon's log tells once that pool "gpu-0" went from "loading" to "ready", for caller "alice"

    Scenario Outline: A load that fails, because of <cause>
      Given an engine for pool "gpu-0" that <fails>
      When caller "alice" preloads pool "gpu-0"
      Then the daemon's log tells once that pool "gpu-0" went from "loading" to "failed", for caller "alice", and names "<cause>"
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

      Examples:
        | fails                                                         | cause           |
        | exits with code 42 while loading                              | code 42         |
        | dies of SIGSEGV while loading                                 | SIGSEGV         |
        | prints "no such model" and exits with code 3 while loading    | no such model   |

    Scenario: An engine that dies while it serves
      Given pool "gpu-0" is ready
      When its engine dies of SIGKILL
      Then the daemon's log tells once how pool "gpu-0" came to be "ready" no more, and names "SIGKILL"
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    @with.lifecycle
    Scenario: A stop by somebody else
      Given an engine for pool "gpu-0" that has 1 slot
      When caller "alice" preloads pool "gpu-0"
      Then pool "gpu-0" becomes ready
      When caller "bob" stops pool "gpu-0"
      Then it is stopped
      And the daemon's log tells once that pool "gpu-0" went from "loading" to "ready", for caller "alice"
      And the daemon's log tells once that pool "gpu-0" went from "ready" to "stopping", for caller "bob"
      And the daemon's log tells once that pool "gpu-0" went from "stopping" to "absent", for caller "bob"

    @with.lifecycle
    Scenario: A drain by somebody else
      Given an engine for pool "gpu-0" that has 1 slot
      When caller "alice" preloads pool "gpu-0"
      Then pool "gpu-0" becomes ready
      When caller "bob" drains pool "gpu-0"
      Then the daemon's log tells once that pool "gpu-0" went from "ready" to "draining", for caller "bob"
      And the daemon's log tells once that pool "gpu-0" went from "draining" to "stopped", for caller "bob"
      When caller "carol" preloads pool "gpu-0"
      Then the daemon's log tells once that pool "gpu-0" went from "stopped" to "loading", for caller "carol"

    @with.lifecycle
    Scenario: A failed pool that somebody else forgets
      Given an engine for pool "gpu-0" that exits with code 3 while loading
      When caller "alice" preloads pool "gpu-0"
      Then the daemon's log tells once that pool "gpu-0" went from "loading" to "failed", for caller "alice"
      When caller "bob" stops pool "gpu-0"
      Then it is stopped
      And the daemon's log tells once that pool "gpu-0" went from "failed" to "absent", for caller "bob"

  @PM-OBS-4
  Rule: The end of what a pool's engines printed can be read

    Scenario Outline: <wanted> lines of three
      Given an engine for pool "gpu-0" that prints "one", prints "two" and prints "three"
      And an engine for pool "gpu-1" that prints "another"
      When pool "gpu-0" is preloaded
      And pool "gpu-1" is preloaded
      Then pool "gpu-0" becomes ready
      And pool "gpu-1" becomes ready
      When <wanted> lines of the log of pool "gpu-0" are read
      Then they are <lines>

      Examples:
        | wanted      | lines                    |
        | the         | "one", "two" and "three" |
        | the last 1  | "three"                  |
        | the last 2  | "two" and "three"        |
        | the last 3  | "one", "two" and "three" |
        | the last 50 | "one", "two" and "three" |

    Scenario: The last words of an engine that failed
      Given pool "gpu-1" is ready
      And an engine for pool "gpu-0" that prints "no such model" and exits with code 3 while loading
      When pool "gpu-0" is preloaded
      Then the load of pool "gpu-0" fails within 2 seconds, and what is told names "code 3"
      When the lines of the log of pool "gpu-0" are read
      Then the log is "no such model", if the pool is still known
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario Outline: A log of <lines> lines is asked for
      Given an engine for pool "gpu-0" that prints "one"
      And pool "gpu-0" is ready
      When the lines of the log of pool "gpu-0" are read
      Then they are "one"
      When a log of <lines> lines of pool "gpu-0" is asked for
      Then the log is refused
      When the lines of the log of pool "gpu-0" are read
      Then they are "one"

      Examples:
        | lines                |
        | 0                    |
        | -1                   |
        | 1.5                  |
        | many                 |
        | 99999999999999999999 |

    Scenario: A pool that is unknown
      Given an engine for pool "gpu-0" that prints "one"
      And pool "gpu-0" is ready
      When the lines of the log of pool "nobody" are read
      Then there is no log of such a pool
      When the lines of the log of pool "gpu-0" are read
      Then they are "one"

    Scenario Outline: The log of a pool with the id <id>
      Given an engine for pool "gpu-0" that prints "one"
      And pool "gpu-0" is ready
      When the log of a pool with the id <id> is read
      Then the log is refused
      When the lines of the log of pool "gpu-0" are read
      Then they are "one"

      Examples:
        | id                      |
        | ..                      |
        | ..%2f..%2f..%2fetc%2fpasswd |
        | %2fetc%2fpasswd         |
        | .                       |
        | %00                     |
        | gpu-0%00                |
        | %2e%2e                  |

    @with.lifecycle
    Scenario: The log goes with its pool
      Given an engine for pool "gpu-0" that prints "one"
      And pool "gpu-0" is ready
      When the lines of the log of pool "gpu-0" are read
      Then they are "one"
      When pool "gpu-0" is stopped
      And the lines of the log of pool "gpu-0" are read
      Then there is no log of such a pool
      Given another engine for pool "gpu-0" that prints "two"
      And pool "gpu-0" is ready
      When the lines of the log of pool "gpu-0" are read
      Then they are "two"

Feature: Preloads that are refused
  Whoever may preload chooses what is executed. A preload that is broken, contradictory or hostile is refused; nothing is started, nothing is written where it does not belong, and the daemon goes on.

  Background:
    Given a pool manager

  @PM-PRELOAD-3
  Rule: The pool in the path and the pool in the body are the same

    Background:
      Given pool "neighbour" is ready

    Scenario: Two different pools
      When the engine of pool "gpu-0" is preloaded into pool "gpu-1"
      Then the preload is refused
      And the engine of pool "gpu-0" was not started
      And pools "gpu-0" and "gpu-1" are unknown
      And pool "gpu-0" can be preloaded and becomes ready

    Scenario: An engine of another pool is not let into one that runs
      When the engine of pool "gpu-0" is preloaded into pool "neighbour"
      Then the preload is refused
      And the engine of pool "gpu-0" was not started
      And pool "neighbour" is still served by the same engine
      And pool "gpu-0" can be preloaded and becomes ready

  @PM-PRELOAD-4
  Rule: A body that is not a whole PreparedEngine starts nothing

    Background:
      Given pool "neighbour" is ready

    Scenario Outline: A body that is <broken>
      When pool "gpu-0" is preloaded with a body that is <broken>
      Then the preload is refused
      And the engine of pool "gpu-0" was not started
      And pool "gpu-0" can be preloaded and becomes ready

      Examples: Not JSON
        | broken             |
        | empty              |
        | cut off            |
        | not UTF-8          |
        | a web page         |
        | 10 MB of nothing   |

      Examples: Not the right JSON
        | broken                    |
        | null                      |
        | a list                    |
        | a text                    |
        | without "prepared"        |
        | "prepared" as null        |
        | "prepared" as a list      |
        | nested 5000 levels deep   |

    Scenario Outline: Without <member>
      When pool "gpu-0" is preloaded without <member>
      Then the preload is refused
      And the engine of pool "gpu-0" was not started
      And pool "gpu-0" can be preloaded and becomes ready

      Examples:
        | member         |
        | binary_path    |
        | flags          |
        | host           |
        | port           |
        | model_path     |
        | engine_version |
        | pool_id        |
        | replica_id     |
        | device_mask    |

    Scenario Outline: <member> as <value>
      When pool "gpu-0" is preloaded with <member> as <value>
      Then the preload is refused
      And the engine of pool "gpu-0" was not started
      And pool "gpu-0" can be preloaded and becomes ready

      Examples: The wrong type
        | member         | value         |
        | binary_path    | null          |
        | binary_path    | 7             |
        | binary_path    | ["/bin/true"] |
        | flags          | null          |
        | flags          | "--verbose"   |
        | flags          | {"-c": "512"} |
        | flags          | ["-c", 512]   |
        | flags          | ["-c", null]  |
        | host           | 127           |
        | port           | "8080"        |
        | port           | 8080.5        |
        | port           | true          |
        | port           | null          |
        | model_path     | 1             |
        | engine_version | 1.0           |
        | pool_id        | 0             |
        | replica_id     | false         |
        | device_mask    | 0             |
        | slots_total    | "4"           |

      Examples: The right type, and yet impossible
        | member         | value         |
        | binary_path    | ""            |
        | binary_path    | "/bin/tr\u0000ue" |
        | flags          | ["-c\u0000"]  |
        | host           | ""            |
        | port           | 0             |
        | port           | -1            |
        | port           | 65536         |
        | port           | 70000         |
        | slots_total    | 0             |
        | slots_total    | -1            |

    Scenario Outline: A body that claims to be <content type>
      When pool "gpu-0" is preloaded with the content type <content type>
      Then the preload is refused and starts nothing, or the body is taken for what it is
      And pool "gpu-0" can be preloaded and becomes ready

      Examples:
        | content type                      |
        | text/plain                        |
        | application/x-www-form-urlencoded |

  @PM-PRELOAD-5
  Rule: A binary that cannot be started costs its own preload and nothing else

    Background:
      Given pool "neighbour" is ready

    Scenario Outline: A binary that is <useless>
      When pool "gpu-0" is preloaded with a binary that is <useless>
      Then the preload is refused, or the pool fails, with an error that says why
      And pool "gpu-0" can be preloaded with a right binary and becomes ready
      And pool "neighbour" is still served by the same engine

      Examples:
        | useless                       |
        | missing                       |
        | a folder                      |
        | a text file                   |
        | outside the allowed folders   |
        | a relative path to nothing    |
        | behind a link that goes outside the allowed folders |

      @engine.process
      Examples: Only where processes are real
        | useless                                 |
        | an executable file that is no program   |

  @PM-PRELOAD-9
  Rule: A pool id is a plain name

    Scenario Outline: The id <id> is good
      When a pool with the id <id> is preloaded
      Then that pool becomes ready

      Examples:
        | id                                   |
        | of one letter                        |
        | of 128 letters                       |
        | with capitals, digits, dots, dashes and underscores |

    Scenario Outline: The id <id> is refused
      Given pool "neighbour" is ready
      When a pool with the id <id> is preloaded
      Then it is refused, nothing is started and nothing is written outside the run directory
      When a pool with the id of one letter is preloaded
      Then that pool becomes ready

      Examples:
        | id                             |
        | of no letter                   |
        | of 129 letters                 |
        | .                              |
        | ..                             |
        | .hidden                        |
        | %2e%2e                         |
        | ../escape                      |
        | ..%2fescape                    |
        | ..%5cescape                    |
        | %2e%2e%2f%2e%2e%2fescape       |
        | %2fetc%2fpasswd                |
        | a%20b                          |
        | a%00b                          |
        | a%0ab                          |
        | a%3bb                          |
        | a%2ab                          |
        | a%25b                          |
        | gr%C3%B6%C3%9Fe                |
        | %F0%9F%9A%80                   |
        | %FF%FE                         |

    Scenario Outline: The status of the id <id> is no success either
      Given pool "neighbour" is ready
      When the status of a pool with the id <id> is read
      Then it is refused, nothing is started and nothing is written outside the run directory
      And pool "neighbour" is still served by the same engine

      Examples:
        | id                             |
        | of no letter                   |
        | of 129 letters                 |
        | %2e%2e                         |
        | ../escape                      |
        | ..%2fescape                    |
        | a%00b                          |

Feature: A pool manager in trouble
  The orchestrator's health endpoint is what people look at when something is wrong. It has to keep answering, in time, and say
  what is wrong, whatever stands on the other side: a dead host, a slow one, a proxy with an opinion, a newer version.

  Background:
    Given an orchestrator with a deadline of 300 ms

  @OR-DEG-1
  Rule: Whatever goes wrong in asking, the pool is reported as not live and not ready, with the cause

    Scenario Outline: The pool manager <trouble>
      Given a ready pool that the orchestrator reports as ready
      When the pool manager <trouble>
      Then the orchestrator reports the pool as not live and not ready
      And it says what the cause is
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

      Examples: No connection
        | trouble                 |
        | refuses connections     |
        | resets connections      |

      Examples: No answer, or only a part of one
        | trouble                          |
        | never answers                    |
        | hangs up without an answer       |
        | breaks off in the middle         |
        | never stops answering            |

      Examples: Another answer
        | trouble                 |
        | answers with status 204 |
        | answers with status 302 |
        | answers with status 400 |
        | answers with status 401 |
        | answers with status 403 |
        | answers with status 404 |
        | answers with status 409 |
        | answers with status 429 |
        | answers with status 500 |
        | answers with status 502 |
        | answers with status 503 |

      Examples: Not what was agreed on
        | trouble                        |
        | talks no HTTP                  |
        | answers with a web page        |
        | answers with broken JSON       |
        | answers with an empty body     |
        | answers with the JSON null     |
        | answers with the JSON []       |
        | answers with the JSON {}       |
        | answers with the JSON "ready"  |

    Scenario Outline: The status comes without <member>
      Given a ready pool that the orchestrator reports as ready
      When the pool manager leaves out <member>
      Then the orchestrator reports the pool as not live and not ready
      And it says what the cause is
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

      Examples:
        | member        |
        | pool_id       |
        | live          |
        | ready         |
        | active_leases |
        | slots_total   |
        | slots_free    |

    Scenario Outline: The status says that <member> is <value>
      Given a ready pool that the orchestrator reports as ready
      When the pool manager says that <member> is <value>
      Then the orchestrator reports the pool as not live and not ready
      And it says what the cause is
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

      Examples: Values of another type
        | member        | value   |
        | pool_id       | 7       |
        | pool_id       | null    |
        | live          | "yes"   |
        | live          | 1       |
        | ready         | "true"  |
        | ready         | null    |
        | active_leases | "0"     |
        | active_leases | 0.5     |
        | slots_total   | "1"     |
        | slots_total   | true    |
        | slots_free    | [1]     |
        | slots_free    | null    |

      Examples: Another pool's answer
        | member        | value           |
        | pool_id       | "another-pool"  |
        | pool_id       | ""              |

    Scenario: A pool that is said to be ready, but not live, is not believed to be ready
      Given a ready pool that the orchestrator reports as ready
      When the pool manager says that live is false
      Then the orchestrator reports the pool as not live and not ready
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

    @needs.settings
    Scenario: The pool manager's name cannot be resolved
      Given a ready pool that the orchestrator reports as ready
      When an orchestrator is started with the address "http://pool-managerd.invalid:9200"
      Then that orchestrator reports the pool as not live and not ready
      And it says what the cause is
      And the orchestrator still reports the pool as ready

    Scenario Outline: A pool that <condition> is no trouble of the pool manager
      Given a ready pool that the orchestrator reports as ready
      When the pool <change>
      Then the orchestrator reports the pool as <live> and not ready
      When the pool becomes ready
      Then the orchestrator reports the pool as ready again

      Examples:
        | condition   | change          | live     |
        | is loading  | becomes loading | live     |
        | has failed  | becomes failed  | not live |
        | is not there | becomes unknown | not live |

  @OR-DEG-2
  Rule: The answer comes within the configured deadline, whatever the pool manager does

    @needs.deadline
    Scenario Outline: In time though the pool manager <trouble>
      Given a ready pool that the orchestrator reports as ready
      When the pool manager <trouble>
      Then the orchestrator reports the pool as not live and not ready within its deadline
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

      Examples:
        | trouble                     |
        | never answers               |
        | answers a byte at a time    |
        | never stops answering       |
        | keeps the last byte to itself |

    @needs.deadline
    Scenario: In time though many ask at once and the pool manager never answers
      Given a ready pool that the orchestrator reports as ready
      When the pool manager never answers
      And 20 callers ask the orchestrator for the pool's health at once
      Then each was told within the deadline that the pool is not live and not ready
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

    @needs.deadline @with.dispatch
    Scenario: Work is refused in time as well
      Given a ready pool whose tokens reach the caller
      When the pool manager never answers
      Then work for the pool ends without a token within the deadline
      When the pool manager behaves again
      Then work for the pool delivers its tokens

  @OR-DEG-3
  Rule: Members of a status that nobody knows are ignored

    Scenario Outline: The pool manager adds <name> with the value <value>
      Given a ready pool that the orchestrator reports as ready
      When the pool manager adds a member <name> with the value <value>
      Then the orchestrator reports the pool as ready
      When the pool becomes loading
      Then the orchestrator reports the pool as live and not ready
      When the pool becomes ready
      Then the orchestrator reports the pool as ready again

      Examples:
        | name         | value                  |
        | x_temperature | 61.5                  |
        | tags         | ["a", "b"]             |
        | future       | {"ready": false}       |
        | Ready        | false                  |
        | nothing      | null                   |

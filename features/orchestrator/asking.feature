Feature: How the orchestrator asks
  The pool manager may be written by another team, in another language, and stand behind a proxy. All it sees of the
  orchestrator are its requests.

  @OR-REQ-1
  Rule: A status is read without side effect, by the pool's encoded id, and JSON is accepted

    Scenario: Asking for a pool's health only reads
      Given a ready pool that the orchestrator reports as ready
      When the orchestrator is asked for the pool's health 3 times
      Then it reported the pool as ready each time
      And the pool manager was only read from
      And it was asked for the status of that pool

    Scenario: JSON is what the orchestrator accepts
      Given a ready pool that the orchestrator reports as ready
      When the orchestrator is asked for the pool's health
      Then every request that the pool manager saw accepts JSON

    Scenario Outline: An id such as <id> reaches no other pool
      Given a ready pool "P" that the orchestrator reports as ready
      When the orchestrator is asked for the health of a pool called "<id>"
      Then it reported that pool as not live and not ready
      And the pool manager was asked for exactly that id, or not at all
      And the orchestrator still reports the pool as ready

      Examples: Ids that lead to pool P where they are pasted into a path
        | id            |
        | P/status?     |
        | P/status#     |
        | other/../P    |
        | ./P           |
        | P?            |
        | P#            |

      Examples: Ids that need encoding
        | id            |
        | two words     |
        | a/b           |
        | 100%          |
        | %2e%2e        |
        | ..            |
        | pool-ä        |
        | a&b=c;d+e     |

  @OR-REQ-2
  Rule: The token goes to the pool manager, and to nobody and nothing else

    @needs.settings @manager.own
    Scenario: The configured token goes along
      Given a pool manager that asks for a token, and an orchestrator that has it
      And a ready pool that the orchestrator reports as ready
      When the orchestrator is asked for the pool's health
      Then it reported the pool as ready
      And every request that the pool manager saw carries the token

    @needs.settings @manager.own
    Scenario: A wrong token is no way in
      Given a pool manager that asks for a token, and an orchestrator that has it
      And a ready pool that the orchestrator reports as ready
      When an orchestrator is started with another token
      Then that orchestrator reports the pool as not live and not ready
      And the orchestrator still reports the pool as ready

    @needs.settings @manager.own
    Scenario: Where no token is configured none is sent
      Given a ready pool that the orchestrator reports as ready
      When the orchestrator is asked for the pool's health
      Then it reported the pool as ready
      And no request that the pool manager saw carries a token

    @needs.settings @manager.own
    Scenario Outline: A redirect with status <status> does not take the token elsewhere
      Given a pool manager that asks for a token, and an orchestrator that has it
      And a ready pool that the orchestrator reports as ready
      And a bystander who would answer in the pool manager's place
      When the pool manager redirects to the bystander with status <status>
      And the orchestrator is asked for the pool's health
      Then the bystander never saw the token
      And the orchestrator reports the pool as not live and not ready
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

      Examples:
        | status |
        | 301    |
        | 302    |
        | 303    |
        | 307    |
        | 308    |

    @needs.command @manager.own
    Scenario: The token is in no log
      Given a pool manager that asks for a token, and an orchestrator that has it
      And a ready pool that the orchestrator reports as ready
      When the pool manager answers with status 500
      And the orchestrator reports the pool as not live and not ready
      And the pool manager behaves again
      Then its log does not hold the token
      And the orchestrator reports the pool as ready again

    @needs.command @manager.own @with.dispatch
    Scenario: Nor does the token get into a log while work is dispatched
      Given a pool manager that asks for a token, and an orchestrator that has it
      And a ready pool that the orchestrator reports as ready
      When work for the pool delivers its tokens
      Then every request that the pool manager saw carries the token
      And its log does not hold the token

  @OR-REQ-3
  Rule: Every request can be followed from one log into the other

    Scenario: Questions for health carry a correlation id
      Given a ready pool that the orchestrator reports as ready
      When the orchestrator is asked for the pool's health 3 times
      Then it reported the pool as ready each time
      And every request that the pool manager saw carries a correlation id

    @with.dispatch
    Scenario: So does everything that is asked while work is dispatched
      Given a ready pool that the orchestrator reports as ready
      When work for the pool delivers its tokens
      Then every request that the pool manager saw carries a correlation id

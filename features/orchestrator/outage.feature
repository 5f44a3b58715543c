Feature: An outage of the pool manager
  Daemons are restarted, hosts are rebooted. Meanwhile the orchestrator must neither do work twice nor storm the place, and
  afterwards it must not be the last to notice.

  Background:
    Given an orchestrator with a deadline of 300 ms

  @OR-RETRY-1
  Rule: Only what is safe is asked again

    @with.dispatch @with.leases
    Scenario Outline: A lease is not taken twice when the pool manager <trouble> after a lease was asked for
      Given a ready pool with 2 slots whose tokens reach the caller
      When the pool manager <trouble> after a lease was asked for
      And work is given to the pool
      Then the stream ends without a token
      And at most one lease was asked for
      When the pool manager behaves again
      Then work for the pool delivers its tokens

      Examples: The pool manager did what it was asked, and the answer was lost
        | trouble                    |
        | hangs up without an answer |
        | never answers              |

      Examples: Nobody knows what it did
        | trouble                 |
        | answers with status 500 |
        | answers with status 503 |

    @with.dispatch
    Scenario: An engine that breaks off is not given the same work again
      Given a ready pool whose tokens reach the caller
      And its engine is replaced by one that breaks off after 2 tokens
      When work is given to the pool
      Then the stream ends with an error after 2 tokens
      And the engine was given the work once
      When the pool gets a fresh engine
      Then work for the pool delivers its tokens

    Scenario: Nothing is asked any more once the question was answered
      Given a ready pool that the orchestrator reports as ready
      And what the orchestrator asks by itself while all is well
      When the pool manager hangs up without an answer
      And the orchestrator reports the pool as not live and not ready
      Then the pool manager is not asked again by itself
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

  @OR-RETRY-2
  Rule: A pool manager that is down is met by at most 5 connections a second

    Scenario: Down, while many callers ask for health
      Given a ready pool that the orchestrator reports as ready
      When the pool manager resets connections
      And for 1.2 seconds 20 callers ask for health again and again
      Then the pool manager saw connections, but never more than 5 in a second
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

    @with.dispatch
    Scenario: Down, while many callers ask for health and bring work
      Given a ready pool whose tokens reach the caller
      When the pool manager resets connections
      And for 1.2 seconds 20 callers ask for health and 10 bring work, again and again
      Then the pool manager saw connections, but never more than 5 in a second
      When the pool manager behaves again
      Then work for the pool delivers its tokens

  @OR-RETRY-3
  Rule: When the pool manager is back, the next answer after at most a second is right

    Scenario Outline: Back after an outage in which it <trouble>
      Given a ready pool that the orchestrator reports as ready
      When the pool manager <trouble>
      And for <seconds> seconds 5 callers ask for health again and again
      And the orchestrator reports the pool as not live and not ready
      And the pool manager behaves again
      Then within 1 second the orchestrator reports the pool as ready

      Examples:
        | trouble                 | seconds |
        | refuses connections     | 0.6     |
        | never answers           | 0.3     |
        | answers with status 503 | 0.2     |

    @with.dispatch
    Scenario: Work goes on after an outage
      Given a ready pool whose tokens reach the caller
      When the pool manager refuses connections
      And for 0.3 seconds 5 callers ask for health again and again
      And the orchestrator reports the pool as not live and not ready
      And the pool manager behaves again
      Then within 1 second the orchestrator reports the pool as ready
      And work for the pool delivers its tokens

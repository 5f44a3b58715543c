Feature: In its own process or by a daemon
  During the migration both ways of running live side by side: pools managed in the orchestrator's own process, and pools managed
  by a daemon. Nobody who asks an orchestrator should see the difference, except where it is named.

  @OR-PARITY-1
  Rule: Embedded and remote give the same answers for the same pool

    @needs.settings
    Scenario Outline: Both say the same of a pool that is <state>
      Given a ready pool that the orchestrator reports as ready
      And a second orchestrator that reaches the same pool manager over the network
      When the pool becomes <state>
      Then both orchestrators say the same of the pool, except where they have it from
      When the pool becomes ready
      Then both orchestrators report the pool as ready

      Examples:
        | state    |
        | ready    |
        | loading  |
        | failed   |
        | stopped  |
        | stopping |
        | full     |
        | unknown  |

    @needs.settings @with.dispatch
    Scenario Outline: Both do the same with work for a pool that is <state>
      Given a ready pool that the orchestrator reports as ready
      And a second orchestrator that reaches the same pool manager over the network
      When the pool becomes <state>
      And the same work is given to the pool through both orchestrators
      Then both streams say the same
      When the pool becomes ready
      Then both orchestrators report the pool as ready

      Examples:
        | state    |
        | ready    |
        | loading  |
        | full     |
        | unknown  |

  @OR-FALLBACK-1
  Rule: Fallback answers only where no connection can be made, only for its own pools, and says so

    @needs.command
    Scenario: While the pool manager cannot be reached, the orchestrator answers for its own pools
      Given an orchestrator in fallback mode that has a pool of its own
      And a ready pool that the orchestrator reports as ready
      Then the source of its answer is "remote"
      When the pool manager refuses connections
      Then the orchestrator reports its own pool as ready
      And the source of its answer is "embedded"
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again
      And the source of its answer is "remote"

    @needs.command
    Scenario: It does not answer for pools that others started
      Given an orchestrator in fallback mode that has a pool of its own
      And a ready pool that the orchestrator reports as ready
      When the pool manager refuses connections
      Then the orchestrator reports its own pool as ready
      And the orchestrator reports the pool as not live and not ready
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

    @needs.command
    Scenario Outline: It does not engage where the pool manager <trouble>
      Given an orchestrator in fallback mode that has a pool of its own
      And a ready pool that the orchestrator reports as ready
      When the pool manager <trouble>
      Then the orchestrator reports its own pool as not live and not ready
      And the source of its answer is "remote"
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

      Examples: Somebody is there
        | trouble                    |
        | never answers              |
        | hangs up without an answer |
        | answers with status 401    |
        | answers with status 404    |
        | answers with status 500    |
        | answers with status 503    |
        | answers with broken JSON   |

    @needs.command
    Scenario: It spawns nothing while it is engaged
      Given an orchestrator in fallback mode that has a pool of its own
      And a ready pool that the orchestrator reports as ready
      When the pool manager refuses connections
      And for 0.2 seconds 5 callers ask for its own pool again and again
      Then its own engine was started once
      And the orchestrator reports its own pool as ready
      When the pool manager behaves again
      Then the orchestrator reports the pool as ready again

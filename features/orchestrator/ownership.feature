Feature: One owner of readiness
  Before the pool manager was a daemon, the orchestrator read handoff files and kept a registry. Since then the daemon owns
  both, and an orchestrator that still looks at files would one day believe them.

  @OR-HANDOFF-1
  Rule: In remote mode the orchestrator neither reads nor writes handoff files or a registry of its own

    @needs.command
    Scenario: A handoff file does not make a pool known
      Given a ready pool that the orchestrator reports as ready
      And a handoff file for a pool that the pool manager does not know
      When an orchestrator is started beside the handoff file
      Then that orchestrator reports the pool as ready
      And it reports the pool of the handoff file as not live and not ready
      And that orchestrator reports the pool as ready
      And the handoff file was neither read nor changed
      And no file was made beside the handoff file

    @needs.command @with.dispatch
    Scenario: Dispatching work leaves no file behind
      Given a ready pool that the orchestrator reports as ready
      And a handoff file for a pool that the pool manager does not know
      When an orchestrator is started beside the handoff file
      And work is given to the pool through that orchestrator
      Then the stream delivers its tokens
      And the engine was given the work once
      And no file was made beside the handoff file

    @needs.command
    Scenario: What was known is forgotten in an outage
      Given a ready pool that the orchestrator reports as ready
      And a handoff file for the same pool
      When an orchestrator is started beside the handoff file
      Then that orchestrator reports the pool as ready
      When the pool manager refuses connections
      Then that orchestrator reports the pool as not live and not ready
      When the pool manager behaves again
      Then that orchestrator reports the pool as ready

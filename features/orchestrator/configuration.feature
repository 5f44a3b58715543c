Feature: Where the orchestrator finds its pool manager
  An operator tells the orchestrator where its pools are managed: in its own process, at home, or by a daemon elsewhere. What
  was told is either followed to the letter or refused before anything starts.

  @OR-CFG-1
  Rule: The address of the pool manager is configured, has a well-known default, and is refused when it cannot be one

    @needs.settings @manager.own
    Scenario: The configured pool manager is the one that is asked
      Given a ready pool that the orchestrator reports as ready
      And another pool manager that does not know the pool
      When an orchestrator is started with the address of the other pool manager
      Then that orchestrator reports the pool as not live and not ready
      And the other pool manager was asked for the pool
      And the orchestrator still reports the pool as ready

    @needs.settings
    Scenario: A slash at the end of the address changes nothing
      Given a ready pool that the orchestrator reports as ready
      When an orchestrator is started with a slash at the end of the address
      Then that orchestrator reports the pool as ready
      When the pool manager refuses connections
      And that orchestrator reports the pool as not live and not ready
      And the pool manager behaves again
      Then that orchestrator reports the pool as ready

    @needs.settings @needs.port_9200
    Scenario: Without an address the pool manager is looked for on this machine at port 9200
      Given a ready pool that the orchestrator reports as ready
      And the pool manager is also reached at 127.0.0.1:9200
      When an orchestrator is started without an address
      Then that orchestrator reports the pool as ready
      And it was at 127.0.0.1:9200 that it asked

    @needs.command
    Scenario Outline: The address "<address>" is refused at the start
      Given a ready pool that the orchestrator reports as ready
      When an orchestrator is started with POOL_MANAGERD_URL set to "<address>"
      Then it refuses to start, with a line that names POOL_MANAGERD_URL
      And the orchestrator still reports the pool as ready
      When the pool becomes loading
      And the orchestrator reports the pool as live and not ready
      And the pool becomes ready
      Then the orchestrator reports the pool as ready again

      Examples: No URL of a pool manager
        | address                |
        | nowhere                |
        | 127.0.0.1:9200         |
        | ftp://127.0.0.1:9200   |
        | http://                |
        | http://127.0.0.1:70000 |

  @OR-CFG-2
  Rule: The mode is configured, and a mode that does not exist is refused

    @needs.command
    Scenario Outline: The mode "<mode>" is refused at the start
      Given a ready pool that the orchestrator reports as ready
      When an orchestrator is started with POOL_MANAGER_MODE set to "<mode>"
      Then it refuses to start, with a line that names POOL_MANAGER_MODE
      And the orchestrator still reports the pool as ready
      When the pool becomes loading
      And the orchestrator reports the pool as live and not ready
      And the pool becomes ready
      Then the orchestrator reports the pool as ready again

      Examples: Modes that do not exist
        | mode            |
        | remot           |
        | embedded,remote |

    Scenario: The orchestrator says where its answers come from
      Given a ready pool that the orchestrator reports as ready
      Then the source of its answer is the one of its mode
      When the pool becomes loading
      And the orchestrator reports the pool as live and not ready
      Then the source of its answer is the one of its mode
      When the pool becomes ready
      Then the orchestrator reports the pool as ready again

Feature: What of the pools is measured
  Operators are woken by what a monitoring system reads here. A pool that is forgotten, counted twice or still there after it was
  deleted wakes nobody, or everybody.

  Background:
    Given a pool manager

  @PM-OBS-1
  Rule: The metrics tell of each pool how it is, and what became of its preloads

    Scenario Outline: A pool that <condition>
      Given pool "gpu-0" is ready
      And pool "gpu-1" <condition>
      When the metrics are read
      Then they are in the Prometheus text format
      And they say that pool "gpu-0" is in the state "ready", and in no other
      And they say that pool "gpu-1" is in the state "<state>", and in no other

      Examples:
        | condition  | state   |
        | is ready   | ready   |
        | is loading | loading |

    Scenario: A pool whose engine has died
      Given pool "gpu-0" is ready
      When the metrics are read
      Then they say that pool "gpu-0" is in the state "ready", and in no other
      When its engine dies of SIGKILL
      And pool "gpu-0" is seen dead
      And the metrics are read
      Then they say that pool "gpu-0" has 1 slot, 0 of them free, and 0 leases
      And they do not say that pool "gpu-0" is in the state "ready"
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

    Scenario: Slots
      Given pool "gpu-0" is ready with 3 slots
      And pool "gpu-1" is ready with 1 slot
      When the metrics are read
      Then they say that pool "gpu-0" has 3 slots, 3 of them free, and 0 leases
      And they say that pool "gpu-1" has 1 slot, 1 of them free, and 0 leases

    @with.leases
    Scenario: Leases
      Given pool "gpu-0" is ready with 3 slots
      And a lease "A" on pool "gpu-0"
      And a lease "B" on pool "gpu-0"
      When the metrics are read
      Then they say that pool "gpu-0" has 3 slots, 1 of them free, and 2 leases
      When lease "A" is given back
      And the metrics are read
      Then they say that pool "gpu-0" has 3 slots, 2 of them free, and 1 lease

    Scenario: Preloads are counted by what became of them
      Given pool "gpu-0" has failed to load
      When the metrics are read
      Then they count 1 preload of pool "gpu-0" that failed, if the pool is still known
      And they count 0 preloads of pool "gpu-0" that became ready
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      When the metrics are read
      Then they count 1 preload of pool "gpu-0" that became ready

    Scenario: The same preload again is no other preload
      Given pool "gpu-0" is ready
      When pool "gpu-0" is preloaded again 3 times by a caller that waits up to 5 seconds
      And the metrics are read
      Then they count 1 preload of pool "gpu-0" that became ready

    Scenario Outline: How long an engine took that loads for <seconds> seconds
      Given an engine for pool "gpu-0" that loads for <seconds> seconds
      When pool "gpu-0" is preloaded
      Then pool "gpu-0" becomes ready
      When the metrics are read
      Then the preload of pool "gpu-0" took as long as its engine did, and its buckets say the same

      Examples:
        | seconds |
        | 0       |
        | 0.3     |

    Scenario: A pool that is unknown has no series
      Given pool "gpu-0" is ready
      When the status of pool "nobody" is read
      And the metrics are read
      Then they tell nothing of pool "nobody"
      And they tell of pool "gpu-0"

    @with.lifecycle
    Scenario: A load that is cancelled
      Given pool "gpu-0" is ready
      And pool "gpu-1" is loading
      When pool "gpu-1" is drained
      And pool "gpu-1" is seen dead
      And the metrics are read
      Then they count 1 preload of pool "gpu-1" that was cancelled
      And they count 1 preload of pool "gpu-0" that became ready

    @with.lifecycle
    Scenario Outline: A pool that <condition> is stopped, and its series go with it
      Given pool "gpu-0" <condition>
      And pool "gpu-1" is ready
      When the metrics are read
      Then they tell of pool "gpu-0"
      When pool "gpu-0" is stopped
      And the metrics are read
      Then they tell nothing of pool "gpu-0"
      And they tell of pool "gpu-1"
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      When the metrics are read
      Then they count 1 preload of pool "gpu-0" that became ready

      Examples:
        | condition          |
        | is ready           |
        | is loading         |

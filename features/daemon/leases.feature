Feature: Leases
  A lease is one slot of a ready engine, held by an orchestrator while it sends a request there. Orchestrators crash, repeat
  themselves and race each other for the last slot; a slot must never be given twice, nor be lost.

  Background:
    Given a pool manager

  @PM-LEASE-1
  Rule: A lease takes one slot, and giving it back frees one

    Scenario: One lease after another
      Given pool "gpu-0" is ready with 3 slots
      When a lease "A" is taken on pool "gpu-0"
      Then lease "A" was granted, with an id and an expiry in the future
      And pool "gpu-0" has 1 active lease and 2 free slots
      When a lease "B" is taken on pool "gpu-0"
      Then lease "B" was granted, with an id and an expiry in the future
      And leases "A" and "B" are different
      And pool "gpu-0" has 2 active leases and 1 free slot
      When lease "A" is given back
      Then pool "gpu-0" has 1 active lease and 2 free slots

    Scenario: Leases of one pool are not those of another
      Given pool "gpu-0" is ready with 2 slots
      And pool "gpu-1" is ready with 2 slots
      When a lease "A" is taken on pool "gpu-0"
      Then lease "A" was granted, with an id and an expiry in the future
      And pool "gpu-0" has 1 active lease and 1 free slot
      And pool "gpu-1" has 0 active leases and 2 free slots

  @PM-LEASE-2
  Rule: Who gets no lease learns whether waiting helps

    Scenario: Every slot is taken
      Given pool "gpu-0" is ready with 1 slot
      And a lease "A" on pool "gpu-0"
      When a lease "B" is taken on pool "gpu-0"
      Then there is no free slot, and the caller is told when to ask again
      And pool "gpu-0" has 1 active lease and 0 free slots
      When lease "A" is given back
      Then a lease can be taken on pool "gpu-0"

    Scenario: The pool still loads
      Given pool "gpu-0" is loading
      When a lease "A" is taken on pool "gpu-0"
      Then the pool is not ready for leases
      When the engine of pool "gpu-0" turns healthy
      Then pool "gpu-0" becomes ready
      And a lease can be taken on pool "gpu-0"

    Scenario: The pool has failed
      Given pool "gpu-0" is ready with 1 slot
      And a lease "A" on pool "gpu-0"
      When its engine dies of SIGKILL
      And pool "gpu-0" is seen dead
      And a lease "B" is taken on pool "gpu-0"
      Then the pool is not ready for leases
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      And a lease can be taken on pool "gpu-0"

  @PM-LEASE-3
  Rule: Giving back twice is giving back once

    Scenario: The same lease again and again
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      And a lease "B" on pool "gpu-0"
      When lease "A" is given back 3 times
      Then each time that is fine
      And pool "gpu-0" has 1 active lease and 1 free slot
      And lease "B" can be renewed

    Scenario: A lease that never was
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When a lease that never was is given back on pool "gpu-0"
      Then each time that is fine
      And pool "gpu-0" has 1 active lease and 1 free slot

    Scenario: With no lease left
      Given pool "gpu-0" is ready with 1 slot
      And a lease "A" on pool "gpu-0"
      When lease "A" is given back 3 times
      Then each time that is fine
      And pool "gpu-0" has 0 active leases and 1 free slot

  @PM-LEASE-4 @needs.lease_ttl
  Rule: A lease ends unless it is renewed

    Scenario: Renewed or not
      Given a pool manager with short leases
      And pool "gpu-0" is ready with 2 slots
      And a lease "kept" on pool "gpu-0"
      And a lease "forgotten" on pool "gpu-0"
      When lease "kept" is renewed, over and over, for longer than a lease lasts
      Then pool "gpu-0" has 1 active lease and 1 free slot
      And lease "kept" can be renewed
      And lease "forgotten" is lost
      And a lease can be taken on pool "gpu-0"

    Scenario: A slot that comes back by itself
      Given a pool manager with short leases
      And pool "gpu-0" is ready with 1 slot
      And a lease "forgotten" on pool "gpu-0"
      When a lease lasts no longer
      Then the leases of pool "gpu-0" end by themselves
      And pool "gpu-0" has 0 active leases and 1 free slot
      And lease "forgotten" is lost
      And a lease can be taken on pool "gpu-0"

  @PM-LEASE-5
  Rule: Of several callers at once exactly as many succeed as there are free slots

    Scenario Outline: <callers> callers for <free> of <slots> slots
      Given pool "gpu-0" is ready with <slots> slots
      And <taken> leases on pool "gpu-0"
      When <callers> callers ask for a lease on pool "gpu-0" at once
      Then exactly <free> of them get one, each another
      And the others are told that there is no free slot
      And pool "gpu-0" has <slots> active leases and 0 free slots

      Examples:
        | callers | slots | taken | free |
        | 2       | 1     | 0     | 1    |
        | 20      | 3     | 0     | 3    |
        | 10      | 4     | 2     | 2    |

  @PM-LEASE-6
  Rule: Asking again with the same key gives the same lease

    Scenario: The same key, twice
      Given pool "gpu-0" is ready with 2 slots
      When a lease "A" is taken on pool "gpu-0" with the key "request-1"
      And a lease "A again" is taken on pool "gpu-0" with the key "request-1"
      Then leases "A" and "A again" are the same
      And pool "gpu-0" has 1 active lease and 1 free slot
      When a lease "B" is taken on pool "gpu-0" with the key "request-2"
      Then leases "A" and "B" are different
      And pool "gpu-0" has 2 active leases and 0 free slots

    Scenario: The same key when every slot is taken
      Given pool "gpu-0" is ready with 1 slot
      When a lease "A" is taken on pool "gpu-0" with the key "request-1"
      And a lease "A again" is taken on pool "gpu-0" with the key "request-1"
      Then leases "A" and "A again" are the same
      And pool "gpu-0" has 1 active lease and 0 free slots

    Scenario: The same key from many callers at once
      Given pool "gpu-0" is ready with 4 slots
      When 10 callers ask for a lease on pool "gpu-0" at once with the key "request-1"
      Then all of them get the same lease
      And pool "gpu-0" has 1 active lease and 3 free slots

    Scenario: The same key after the lease was given back
      Given pool "gpu-0" is ready with 2 slots
      When a lease "A" is taken on pool "gpu-0" with the key "request-1"
      And lease "A" is given back
      And a lease "B" is taken on pool "gpu-0" with the key "request-1"
      Then leases "A" and "B" are different
      And pool "gpu-0" has 1 active lease and 1 free slot

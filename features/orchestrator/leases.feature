Feature: A slot is held while it is used
  The slots of an engine are few and several orchestrators may want them. Who dispatches work holds a lease on one slot, and
  gives it back however the work ends.

  @OR-GATE-3 @with.dispatch
  Rule: A lease is held while dispatching and released afterwards, on success, failure and cancel alike

    Scenario: The slot is free again after success
      Given a ready pool whose engine pauses after its first token
      When work is given to the pool
      Then the first token arrives while the engine pauses
      And 1 slot of the pool is leased
      When the engine goes on
      Then the stream delivers the other tokens and ends
      And no slot of the pool is leased
      And work for the pool delivers its tokens

    Scenario: The slot is free again after the engine broke off
      Given a ready pool whose engine pauses after its first token and breaks off after the second
      When work is given to the pool
      Then the first token arrives while the engine pauses
      And 1 slot of the pool is leased
      When the engine goes on
      Then the stream ends with an error after 2 tokens
      And no slot of the pool is leased
      When the pool gets a fresh engine
      Then work for the pool delivers its tokens

    Scenario: The slot is free again after the caller hung up
      Given a ready pool whose engine pauses after its first token
      When work is given to the pool
      Then the first token arrives while the engine pauses
      And 1 slot of the pool is leased
      When the caller hangs up
      Then no slot of the pool is leased
      And the engine works for nobody
      When the engine goes on
      Then work for the pool delivers its tokens

    Scenario: Two streams hold two slots, and a third finds none
      Given a ready pool with 2 slots whose engine pauses after its first token
      When work is given to the pool twice
      Then the first token of both arrives while the engine pauses
      And 2 slots of the pool are leased
      When work is given to the pool once more
      Then the stream ends without a token
      When the engine goes on
      Then both streams deliver their tokens
      And no slot of the pool is leased
      And work for the pool delivers its tokens

    Scenario: Of many who come for two slots at once, two are served
      Given a ready pool with 2 slots whose engine pauses after its first token
      When work is given to the pool by 6 callers at once
      Then 2 streams have their first token and 4 end without one
      When the engine goes on
      Then no slot of the pool is leased
      And work for the pool delivers its tokens

    Scenario: A refusal takes no slot
      Given a ready pool whose tokens reach the caller
      When the pool becomes full
      And work is given to the pool
      Then the stream ends without a token
      And 1 slot of the pool is leased
      When the pool becomes ready
      Then no slot of the pool is leased
      And work for the pool delivers its tokens

    @needs.settings @manager.own
    Scenario: A stream that outlasts its lease keeps the slot
      Given a pool manager whose leases end after 500 ms unless they are renewed
      And a ready pool whose engine pauses after its first token
      When work is given to the pool
      Then the first token arrives while the engine pauses
      And 1 slot of the pool stays leased for 1200 ms
      When the engine goes on
      Then the stream delivers the other tokens and ends
      And no slot of the pool is leased

Feature: The status of a pool
  An orchestrator asks for the status of a pool before it sends work there, many times a second. The status is all it knows of the
  pool, so it must be complete, true, quick and harmless.

  Background:
    Given a pool manager

  @PM-STATUS-1
  Rule: The status of a known pool has all its members, with the right types, and the id it was asked for

    Scenario Outline: A pool that <is in some condition>
      Given pool "gpu-0" <is in some condition>
      When the status of pool "gpu-0" is read
      Then it is a whole status of pool "gpu-0"

      Examples:
        | is in some condition   |
        | is ready               |
        | is ready with 3 slots  |
        | is loading             |

    Scenario: A pool that was preloaded just now
      Given an engine for pool "gpu-0" that stays loading until it is told
      When pool "gpu-0" is preloaded
      And the status of pool "gpu-0" is read until it is known
      Then it is a whole status of pool "gpu-0"

    Scenario: A pool that has failed to load, and may be forgotten then
      Given pool "gpu-0" has failed to load
      When the status of pool "gpu-0" is read
      Then it is a whole status of pool "gpu-0", or the pool is not known any more
      And pool "gpu-0" can be preloaded with a right engine and becomes ready
      When the status of pool "gpu-0" is read
      Then it is a whole status of pool "gpu-0"

    Scenario: From the preload to the end of the engine
      Given an engine for pool "gpu-0" that stays loading until it is told
      When the status of pool "gpu-0" is read over and over while its engine loads, turns healthy and dies
      Then each of these statuses is a whole one of pool "gpu-0", while the pool is known

  @PM-STATUS-2
  Rule: A pool that nobody preloaded is unknown, and stays unknown however often it is asked for

    Scenario: Asking creates nothing
      Given pool "gpu-0" is ready
      When the status of pool "nobody" is read 5 times
      Then each time the pool is unknown
      And pool "nobody" can still be preloaded
      And pool "gpu-0" is still served by the same engine

    Scenario: An id that only looks alike is another pool
      Given pool "gpu-0" is ready
      When the status is read of pools whose ids differ from that of pool "gpu-0" in a letter's case, a letter more and a letter less
      Then each time the pool is unknown
      And pool "gpu-0" is still served by the same engine

  @PM-STATUS-3
  Rule: A status never contradicts itself

    Scenario: From the preload to the end of the engine
      Given an engine for pool "gpu-0" that stays loading until it is told and has 2 slots
      When the status of pool "gpu-0" is read over and over while its engine loads, turns healthy and dies
      Then none of these statuses contradicts itself
      And the pool was seen loading, then ready

    @with.leases
    Scenario: While leases come and go
      Given pool "gpu-0" is ready with 3 slots
      When 4 leases are asked for and given back one by one, and the status is read after each
      Then none of these statuses contradicts itself
      And the pool was seen with 3, 2, 1 and 0 free slots

  @PM-STATUS-4
  Rule: A status answers at once while preloads are in flight

    Scenario: The status of a ready pool while others load
      Given pool "gpu-0" is ready
      And an engine for pool "gpu-1" that stays loading until it is told
      And an engine for pool "gpu-2" that never listens
      And callers wait for the preloads of pools "gpu-1" and "gpu-2"
      And the preloads of pools "gpu-1" and "gpu-2" are under way
      When the status of pool "gpu-0" is read
      Then it comes within 250 ms and says ready
      And the preloads of pools "gpu-1" and "gpu-2" are under way

    Scenario: The status of the very pool that loads
      Given an engine for pool "gpu-1" that stays loading until it is told
      And callers wait for the preload of pool "gpu-1"
      And pool "gpu-1" is seen loading
      When the status of pool "gpu-1" is read
      Then it comes within 250 ms and says not ready
      When the engine of pool "gpu-1" turns healthy
      Then the caller of pool "gpu-1" learns that it is ready

  @PM-STATUS-5
  Rule: Reading a status changes nothing

    Scenario: A ready pool is read many times
      Given pool "gpu-0" is ready with 2 slots
      When the status of pool "gpu-0" is read 50 times
      Then every status was the same
      And pool "gpu-0" is still served by the same engine
      And the engine of pool "gpu-0" was started once

    @with.leases
    Scenario: A pool with a lease is read many times
      Given pool "gpu-0" is ready with 2 slots
      And a lease "A" on pool "gpu-0"
      When the status of pool "gpu-0" is read 50 times
      Then every status was the same
      And lease "A" can be renewed

    Scenario: A loading pool is read many times
      Given pool "gpu-0" is loading
      When the status of pool "gpu-0" is read 50 times
      Then every status was the same
      And the engine of pool "gpu-0" was started once
      When its engine turns healthy
      Then pool "gpu-0" becomes ready

    Scenario: A failed pool is read many times
      Given pool "gpu-1" is ready
      And pool "gpu-0" has failed to load
      When the status of pool "gpu-0" is read 50 times
      Then every status was the same
      And no engine of pool "gpu-0" was started by that
      And pool "gpu-0" can be preloaded with a right engine and becomes ready

  @PM-STATUS-6
  Rule: The status of a ready pool says where its engine is reached

    Scenario: The engine's address appears when the pool is ready
      Given pool "gpu-0" is loading
      When its engine turns healthy
      Then pool "gpu-0" becomes ready
      And its status has the engine's url

  @PM-STATUS-7
  Rule: A method that a route does not have is never a success

    Scenario Outline: <method> on <route>
      Given pool "gpu-0" is ready
      When <method> is tried on <route>
      Then the method is refused, and those that are allowed are named
      And pool "gpu-0" is still served by the same engine

      Examples:
        | method | route                       |
        | POST   | the daemon's health         |
        | DELETE | the daemon's health         |
        | POST   | the status of pool "gpu-0"  |
        | PUT    | the status of pool "gpu-0"  |
        | DELETE | the status of pool "gpu-0"  |
        | PATCH  | the status of pool "gpu-0"  |
        | GET    | the preload of pool "gpu-0" |
        | PUT    | the preload of pool "gpu-0" |
        | DELETE | the preload of pool "gpu-0" |

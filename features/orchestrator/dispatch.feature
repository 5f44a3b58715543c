Feature: Work reaches an engine that can take it
  A caller leaves a task with the orchestrator and opens its stream. At that moment the orchestrator decides: either the tokens
  of the engine arrive, one by one, or the caller learns at once that the pool is not ready and when to try again.

  @OR-GATE-1
  Rule: Work is dispatched only to a pool that is live, ready and has a free slot

    Scenario: A ready pool gets the work, and its tokens reach the caller in order
      Given a ready pool whose tokens reach the caller
      When work with the prompt "Once upon a time" and at most 5 tokens is given to the pool
      Then the stream delivers 5 tokens in order and says so at its end
      And the engine was given the prompt "Once upon a time" and at most 5 tokens

    Scenario: Tokens arrive while the engine still works
      Given a ready pool whose engine pauses after its first token
      When work is given to the pool
      Then the first token arrives while the engine pauses
      When the engine goes on
      Then the stream delivers the other tokens and ends
      And the engine was given the work once

    Scenario Outline: A pool that becomes <state> gets no work until it is ready
      Given a ready pool whose tokens reach the caller
      When the pool becomes <state>
      And work is given to the pool
      Then the stream ends without a token
      And nothing reached the engine
      When the pool becomes ready
      Then work for the pool delivers its tokens

      Examples:
        | state    |
        | loading  |
        | failed   |
        | stopped  |
        | stopping |
        | full     |
        | unknown  |

    Scenario: What counts is the moment at which the stream is opened, for the better
      Given a ready pool whose tokens reach the caller
      When the pool becomes loading
      And a task is left for the pool
      And the pool becomes ready
      And the stream of the task is opened
      Then the stream delivers its tokens
      And the engine was given the work once

    Scenario: What counts is the moment at which the stream is opened, for the worse
      Given a ready pool whose tokens reach the caller
      When a task is left for the pool
      And the pool becomes loading
      And the stream of the task is opened
      Then the stream ends without a token
      And nothing reached the engine
      When the pool becomes ready
      Then work for the pool delivers its tokens

    Scenario: A pool that is not ready does not hold up another
      Given a ready pool whose tokens reach the caller
      And another pool that is loading
      When work is given to both pools
      Then the other pool's stream ends without a token
      And the stream delivers its tokens

  @OR-GATE-2
  Rule: A refusal is an error PoolUnready that says when to try again, and then the end

    Scenario Outline: The refusal of a pool that becomes <state>
      Given a ready pool whose tokens reach the caller
      When the pool becomes <state>
      And work is offered to the pool
      Then the stream is an error PoolUnready with a time to try again, and then the end
      And nothing reached the engine
      When the pool becomes ready
      Then work for the pool delivers its tokens

      Examples:
        | state    |
        | loading  |
        | failed   |
        | stopped  |
        | stopping |
        | full     |
        | unknown  |

    Scenario: Many who come to a full pool are all told so
      Given a ready pool whose tokens reach the caller
      When the pool becomes full
      And work is offered to the pool by 10 callers at once
      Then every stream is an error PoolUnready with a time to try again, and then the end
      And nothing reached the engine
      When the pool becomes ready
      Then work for the pool delivers its tokens

  @OR-GATE-4 @with.leases
  Rule: A slot that is lost between the check and the lease is PoolUnready, not a crash

    Scenario Outline: Between the check and the lease <event>
      Given a ready pool whose tokens reach the caller
      When <event> just before the orchestrator asks for a lease
      And work is offered to the pool
      Then the stream ends with an error PoolUnready, without a token
      And nothing reached the engine
      When the pool becomes ready
      Then work for the pool delivers its tokens

      Examples:
        | event                                |
        | another orchestrator takes the slot  |
        | the engine fails                     |
        | the pool is stopped and forgotten    |

    Scenario Outline: Instead of giving a lease the pool manager <trouble>
      Given a ready pool whose tokens reach the caller
      When the pool manager <trouble> when it is asked for a lease
      And work is offered to the pool
      Then the stream ends with an error PoolUnready, without a token
      And nothing reached the engine
      When the pool manager behaves again
      Then work for the pool delivers its tokens

      Examples:
        | trouble                    |
        | answers with status 409    |
        | answers with status 429    |
        | answers with status 500    |
        | answers with the JSON {}   |
        | hangs up without an answer |

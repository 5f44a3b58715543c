Feature: Who may use the pool manager
  Whoever may preload decides what is executed on the GPU node. With a token configured nobody does anything without it; without
  one the daemon stays on loopback, and not even a web page in the operator's browser can reach it there.

  @PM-AUTH-1 @needs.token
  Rule: With a token configured, every call but the daemon's health needs it

    Background:
      Given a pool manager that requires a token
      And pool "gpu-0" is ready with 2 slots

    Scenario Outline: <call> without the token
      When <call> is tried without the token
      Then it is refused for want of a token
      And nothing has happened to pool "gpu-0"

      Examples:
        | call                          |
        | reading the status of "gpu-0" |
        | preloading "gpu-0"            |
        | preloading "gpu-1"            |
        | reading a status that is not there |

      @with.lifecycle
      Examples: Where pools can be stopped
        | call                          |
        | stopping "gpu-0"              |

    @with.leases
    Scenario Outline: <call> without the token, while a lease is held
      Given a lease "A" on pool "gpu-0"
      When <call> is tried without the token
      Then it is refused for want of a token
      And nothing has happened to pool "gpu-0"
      And lease "A" can be renewed with the token

      Examples:
        | call                          |
        | leasing a slot of "gpu-0"     |
        | renewing lease "A"            |
        | releasing lease "A"           |

    Scenario Outline: <call>, which not every daemon has, without the token
      When <call> is tried without the token
      Then it is refused for want of a token, or there is no such call
      And nothing has happened to pool "gpu-0"

      Examples:
        | call                          |
        | listing the pools             |
        | asking for readiness          |
        | reading the events            |
        | reading the metrics           |
        | reading the log of "gpu-0"    |
        | a path that is not there      |

    Scenario Outline: With <credentials>
      When the status of pool "gpu-0" is read with <credentials>
      Then it is refused for want of a token
      When the status of pool "gpu-0" is read
      Then it is answered with a status

      Examples:
        | credentials                     |
        | another token                   |
        | the beginning of the token      |
        | the token and a letter more     |
        | the token in other capitals     |
        | an empty token                  |
        | the token without a scheme      |
        | the token under the Basic scheme |
        | the token in the query          |
        | a token that is not ASCII       |

  @PM-AUTH-2
  Rule: Without a token the daemon does not leave loopback

    Scenario Outline: Told to listen on <address>
      Given a daemon that is told to listen on "127.0.0.1" without a token starts
      When a daemon is told to listen on <address> without a token
      Then it does not start, and says in one line what is missing
      And a daemon that is told to listen on "127.0.0.1" without a token starts

      Examples:
        | address       |
        | "0.0.0.0"     |
        | "[::]"        |

  @PM-AUTH-4
  Rule: A request that was meant for another host is refused

    Background:
      Given a pool manager
      And pool "gpu-0" is ready

    Scenario Outline: Host <host>
      When the status of pool "gpu-0" is read with the Host header <host>
      Then it is refused, whatever the pool
      When the status of pool "gpu-0" is read
      Then it is answered with a status

      Examples:
        | host                       |
        | evil.example               |
        | evil.example:9200          |
        | 127.0.0.1.evil.example     |
        | localhost.evil.example     |
        | evil.example#127.0.0.1     |
        | 192.0.2.1                  |

    Scenario Outline: Host <host> is loopback
      When the status of pool "gpu-0" is read with the Host header <host>
      Then it is answered with a status

      Examples:
        | host             |
        | localhost        |
        | localhost:9200   |
        | 127.0.0.1        |
        | 127.0.0.1:9200   |
        | [::1]:9200       |

    @needs.allowed_hosts
    Scenario: A name that the operator allowed
      Given a pool manager that may be called "gpu-node.example"
      And pool "gpu-1" is ready
      When the status of pool "gpu-1" is read with the Host header gpu-node.example
      Then it is answered with a status
      When the status of pool "gpu-1" is read with the Host header evil.example
      Then it is refused, whatever the pool
      When the status of pool "gpu-1" is read with the Host header gpu-node.example
      Then it is answered with a status

  @PM-AUTH-5 @needs.token
  Rule: The engine's environment holds no secret of the daemon

    Scenario: The daemon's token
      Given a pool manager that requires a token
      When an engine is started in pool "gpu-0"
      Then its environment has what a program needs
      And no variable of its environment holds the token

    @needs.command
    Scenario: Whatever else the daemon's environment holds
      Given a pool manager with secrets of others in its environment
      When an engine is started in pool "gpu-0"
      Then its environment has what a program needs
      And no variable of its environment holds one of these secrets

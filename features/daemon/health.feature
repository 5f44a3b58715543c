Feature: Is the pool manager alive?
  Supervisors and load balancers ask the daemon about its own health. They have no credentials, and they kill what does not
  answer: the answer must come at once, from a daemon that is busy as well as from an idle one.

  Background:
    Given a pool manager

  @PM-HEALTH-1
  Rule: The daemon says that it is alive, to anybody, at once, whatever else is going on

    Scenario: An idle daemon
      When anybody asks for the daemon's health
      Then the daemon is ok and tells its version

    @needs.token @with.auth
    Scenario: A daemon that wants a token for everything else
      Given a pool manager that requires a token
      When somebody without the token asks for the daemon's health
      Then the daemon is ok and tells its version
      But somebody without the token cannot read the status of pool "gpu-0"
      When somebody without the token asks for the daemon's health
      Then the daemon is ok and tells its version

    Scenario: A daemon with engines that load, hang and crash
      Given an engine for pool "slow" that stays loading until it is told
      And an engine for pool "hung" that never listens
      And an engine for pool "crash" that exits with code 3 while loading
      And callers wait for the preloads of pools "slow", "hung" and "crash"
      And the preloads of pools "slow" and "hung" are under way
      When anybody asks for the daemon's health
      Then the daemon is ok and tells its version, within 1 second
      And the preloads of pools "slow" and "hung" are under way

    Scenario: A daemon that was just asked nonsense
      Given pool "gpu-0" is ready
      When pool "gpu-0" is preloaded with a body that is 10 MB of nothing
      Then the preload is refused
      When anybody asks for the daemon's health
      Then the daemon is ok and tells its version, within 1 second
      And pool "gpu-0" is still served by the same engine

import os

from poolpact.patience import PATIENT_TIMES, Patience


def lost_after(*ends: tuple[bool, bool]) -> bool:
    patience = Patience()
    for passed, in_vain in ends:
        patience.note(passed=passed, in_vain=in_vain)
    return patience.is_lost


IN_VAIN, WENT_WRONG, PASSED = (False, True), (False, False), (True, False)


def test_it_is_lost_when_scenarios_wait_in_vain_and_none_passes() -> None:
    assert not lost_after(*[IN_VAIN] * (PATIENT_TIMES - 1))
    assert lost_after(*[IN_VAIN] * PATIENT_TIMES)
    assert lost_after(*[IN_VAIN] * (PATIENT_TIMES - 1), WENT_WRONG, IN_VAIN)


def test_what_merely_goes_wrong_costs_none() -> None:
    assert not lost_after(*[WENT_WRONG] * 10)


def test_one_that_passes_gives_all_of_it_again() -> None:
    assert not lost_after(*[IN_VAIN] * (PATIENT_TIMES + 5), PASSED)
    assert not lost_after(*[IN_VAIN] * (PATIENT_TIMES - 1), PASSED, *[IN_VAIN] * (PATIENT_TIMES - 1))


def test_the_workers_of_a_run_share_it() -> None:
    patience = Patience()
    for _ in range(PATIENT_TIMES):
        worker = os.fork()
        if not worker:
            patience.note(passed=False, in_vain=True)
            os._exit(0)
        assert os.waitpid(worker, 0)[1] == 0
    assert patience.is_lost

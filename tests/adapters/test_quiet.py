from builders import a_notice, a_target

from service.adapters.quiet import Quiet
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, Push, Sent


def test_an_installation_without_push_says_so_and_blames_nobody() -> None:
    quiet: Push = Quiet()
    quiet.warm()
    answer = quiet.send(a_notice(), target=a_target(), platform=Platform.ANDROID)
    quiet.close()

    assert answer == NotSent(reason="this installation runs without a push service")


def test_without_a_push_service_the_canary_has_come_as_far_as_it_can() -> None:
    target = PushTarget(kind=PushKind.CANARY, value="canary")
    assert isinstance(Quiet().send(a_notice(), target=target, platform=Platform.ANDROID), Sent)

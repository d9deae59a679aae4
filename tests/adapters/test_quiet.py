from builders import a_notice, a_target

from service.adapters.quiet import Quiet
from service.domain.unit import Platform
from service.ports import NotSent, Push


def test_an_installation_without_push_says_so_and_blames_nobody() -> None:
    quiet: Push = Quiet()
    quiet.warm()
    answer = quiet.send(a_notice(), target=a_target(), platform=Platform.ANDROID)
    quiet.close()

    assert answer == NotSent(reason="this installation runs without a push service")

"""An officer who has called for help may be hiding: nothing that was on its way makes that phone sound."""

from builders import a_point
from officer import presses
from world import World

from service.ports import NotSent


def test_an_alert_that_failed_while_its_officer_called_for_help_is_not_tried_again(world: World) -> None:
    car = world.car("3A12", away_m=300)
    world.car("3A13", away_m=400)
    world.push.fail(car.phone.target.value, NotSent(reason="FCM answered 503", can_retry=True))

    def call_for_help() -> None:
        presses(car.phone, at=a_point(away_m=300))

    world.push.meanwhile(car.phone.target.value, call_for_help)
    world.hears()
    world.advance(10)
    assert [] == [ring for ring in car.phone.rings if not ring.notice.quiet]

"""How does a notice look as an FCM message for one platform? Pure: not for sending, that is `fcm`.

Android and the web get data alone: their app draws the notification, and a data message is neither collapsed nor held
back as notification messages are (20 at once, then one in three minutes). An iPhone draws it itself, so it gets the
text too. DESIGN §6; Google's "Message types", Apple's "Generating a remote notification".
"""

from datetime import datetime

from firebase_admin import messaging

from service.domain.alert import PageKind
from service.domain.notice import Notice, body, data, image_url, title
from service.domain.unit import Platform, PushKind, PushTarget

MAX_TTL_S = 28 * 24 * 3_600
CANARY_TOPIC = "beatline-canary"
"""Nobody subscribes to it: should a canary ever be delivered, it rings no phone all the same."""
SIREN = "siren.caf"
"""A sound in the app's bundle; iOS plays its default when the app has none of that name."""
CHIME = "default"
"""iOS's own sound: a siren would tell where an officer is who is only asked whether all is well."""
CRITICAL_KINDS = frozenset({PageKind.ALERT, PageKind.WARNING, PageKind.DIGEST, PageKind.DRILL})
"""What sounds of these does so through silence. Not updates: a critical notification that is on the screen cannot be
replaced (Home Assistant's experience)."""


def fcm_message(
    notice: Notice, *, target: PushTarget, platform: Platform, now: datetime, critical_sound: bool = False
) -> messaging.Message:
    """One message for one device, complete but for being sent; `now` decides how long Google keeps it.

    `critical_sound` lets alerts break through an iPhone's silence, where Apple has granted that to the app. Raises
    ValueError for a target that FCM does not serve, or an empty one.
    """
    ttl_s = max(0, min(MAX_TTL_S, int((notice.expires_at - now).total_seconds())))
    message = messaging.Message(data=data(notice))
    match platform:
        case Platform.ANDROID:
            message.android = _android(ttl_s)
        case Platform.IOS:
            message.apns = _apns(notice, ttl_s=ttl_s, critical_sound=critical_sound)
        case Platform.WEB:
            message.webpush = _webpush(ttl_s)
    _address(message, target)
    return message


def probe() -> messaging.Message:
    """Says nothing, to nobody: to find out whether the push service is back."""
    return messaging.Message(data={"kind": "probe"}, topic=CANARY_TOPIC)


def is_for_nobody(message: messaging.Message) -> bool:
    """Must Google only check it (`validate_only`)? Phones have addresses of their own; what has a topic is a test."""
    return message.topic is not None


def _address(message: messaging.Message, target: PushTarget) -> None:
    if target.kind is PushKind.CANARY:
        message.topic = CANARY_TOPIC  # whatever its value says: that might be a phone
        return
    if not target.value:
        raise ValueError("the push target is empty")
    match target.kind:
        case PushKind.FCM_FID:
            message.fid = target.value
        case PushKind.FCM_TOKEN:
            # Set afterwards: the constructor warns of the deprecation on every single message, and Google still
            # takes tokens of apps that have not moved to installation ids.
            message.token = target.value
        case _:
            raise ValueError(f"FCM does not serve push targets of kind {target.kind.value}")


def _android(ttl_s: int) -> messaging.AndroidConfig:
    """No collapse key: an alert that has not arrived yet must not be replaced by a silent update.

    `direct_boot_ok` rings a phone that restarted and was not unlocked since.
    """
    return messaging.AndroidConfig(priority="high", ttl=ttl_s, direct_boot_ok=True)


def _webpush(ttl_s: int) -> messaging.WebpushConfig:
    return messaging.WebpushConfig(headers={"TTL": str(ttl_s), "Urgency": "high"})


def _apns(notice: Notice, *, ttl_s: int, critical_sound: bool) -> messaging.APNSConfig:
    incident_id = str(notice.incident_id)
    # 0 means "now or never" to Apple; a time in the past would not.
    expires_at_s = int(notice.expires_at.timestamp()) if ttl_s else 0
    image = image_url(notice)
    return messaging.APNSConfig(
        headers={
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-expiration": str(expires_at_s),
            "apns-collapse-id": incident_id,
        },
        payload=messaging.APNSPayload(_aps(notice, critical=critical_sound and notice.kind in CRITICAL_KINDS)),
        fcm_options=messaging.APNSFCMOptions(image=image) if image else None,
    )


def _aps(notice: Notice, *, critical: bool) -> messaging.Aps:
    """`mutable_content` lets the app fetch the picture, or all of a minimal notice, before it is shown."""
    return messaging.Aps(
        alert=messaging.ApsAlert(title=title(notice), body=body(notice)),
        sound=None if notice.quiet else _sound(notice, critical=critical),
        category=notice.kind.value,
        thread_id=str(notice.incident_id),
        mutable_content=True,
        custom_data={"interruption-level": _interruption(notice, critical=critical)},
    )


def _sound(notice: Notice, *, critical: bool) -> messaging.CriticalSound | str:
    if notice.kind is PageKind.WELFARE:
        return CHIME
    return messaging.CriticalSound(name=SIREN, critical=True, volume=1.0) if critical else SIREN


def _interruption(notice: Notice, *, critical: bool) -> str:
    """A recall lights the screen without a sound ("active"); a silent update does not even do that ("passive")."""
    if notice.kind is PageKind.RECALL:
        return "active"
    if notice.silent:
        return "passive"
    return "critical" if critical else "time-sensitive"

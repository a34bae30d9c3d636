"""Dial-in data in invitations, in the forms that programs write; numbers and ids are invented."""

import pytest

from bridge.model.meetings import MOST_DIAL_INS, DialIn
from bridge.protocols.meeting_text import find_dial_ins

ZOOM = """\
Join Zoom Meeting
https://example.zoom.us/j/11122223333?pwd=c2VjcmV0
Meeting ID: 111 2222 3333
Passcode: 010203
One tap mobile
+16465550100,,11122223333#,,,,*010203# US (New York)
Dial by your location
        +1 646 555 0100 US (New York)
        \u2022 +49 69 5050 0951 Germany
Meeting ID: 111 2222 3333
Regards, +49 170 1234567
"""
ZOOM_GERMAN = """\
Einwahl nach aktuellem Standort
        +49 69 5050 0951 Deutschland
Meeting-ID: 111 2222 3333
Kenncode: 010203
Ortseinwahl suchen: https://zoom.us/u/a
"""
TEAMS = """\
Microsoft Teams meeting
Meeting ID: 253 111 222 33
Passcode: TkGp59
Dial in by phone
+49 69 5050 0952,,766918553#<tel:+496950500952,,766918553#> Germany, Frankfurt
Phone conference ID: 766 918 553#
"""
TEAMS_PLAIN = """\
Microsoft Teams-Besprechung
Besprechungs-ID: 253 111 222 33
Passcode: 123456
Oder per Telefon einw\u00e4hlen (nur Audio)
+49 69 5050 0952 Germany, Frankfurt am Main
Telefonkonferenz-ID: 583 764 293#
"""
WEBEX = """\
Meeting number (access code): 146 967 4515
Tap to join from a mobile device (attendees only)
+49-619-6555-0100,,1469674515#43533276# Germany Toll
1-844-555-0100,,1469674515#43533276# United States Toll Free
"""
WEBEX_HTML = (
    "<p>Meeting number (access code): 177 400 7047</p>"
    '<a href="tel:%2B49-619-6555-0100,,*01*1774007047%23%23*01*">'
    "+49-619-6555-0100,,1774007047##</a>"
)
MEET = (
    "To join by phone instead, dial (DE) +49 30 5550 0100 and enter this PIN: 945 813 713#\n"
    "More numbers: https://tel.meet/abc-defg-hij?pin=1111222233334"
)
JITSI = "To join by phone instead, tap this: +49.89.555.0100,,18315279#"
BIG_BLUE_BUTTON = (
    "To join this meeting by phone, dial:<br>  069 5550100<br>Then enter 71234# as the conference "
    "PIN number."
)


@pytest.mark.parametrize(
    ("text", "number", "digits"),
    [
        (ZOOM, "+16465550100", ",11122223333#,,,,*010203#"),
        (ZOOM_GERMAN, "+496950500951", "11122223333#,,,,*010203#"),
        (TEAMS, "+496950500952", ",766918553#"),
        (TEAMS_PLAIN, "+496950500952", "583764293#"),
        (WEBEX, "+4961965550100", ",1469674515#43533276#"),
        (WEBEX_HTML, "+4961965550100", ",*01*1774007047##*01*"),
        (MEET, "+493055500100", "945813713#"),
        (JITSI, "+49895550100", ",18315279#"),
        (BIG_BLUE_BUTTON, "0695550100", "71234#"),
    ],
    ids=["zoom", "zoom-de", "teams", "teams-de", "webex", "webex-html", "meet", "jitsi", "bbb"],
)
def test_the_forms_of_the_large_systems_are_understood(text: str, number: str, digits: str) -> None:
    found = find_dial_ins([text])[0]
    assert (found.number, found.digits) == (number, digits)


def test_zooms_numbers_of_other_countries_are_dialled_with_the_same_digits() -> None:
    numbers = {one.number: one.digits for one in find_dial_ins([ZOOM])}
    assert numbers["+496950500951"] == numbers["+16465550100"]
    assert "+491701234567" not in numbers  # of the person who invites


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lunch at 12, call me: 0170 1234567",
        "Microsoft Teams meeting\nMeeting ID: 253 111 222 33\nPasscode: 123456\n+49 170 1234567",
        "Meeting number: 146 967 4515\nJoin by phone\n1-844-555-0100 US",
        "Room 0815, 10:00-11:00, order 4711,12",
        "tel:+49301234567",
        "+49 30 1234567,,*#",
    ],
)
def test_a_number_that_merely_stands_there_is_not_dialled(text: str) -> None:
    assert find_dial_ins([text]) == ()


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("tel:+49-69-555-0100;postd=pp123%23", DialIn("+49695550100", ",123#")),
        ("tel:8000;postd=1234%23", DialIn("8000", "1234#")),
        ("tel:8000,,12#", DialIn("8000", ",12#")),
        ("tel:+49%20(0)69%205550100", DialIn("+49695550100")),
    ],
)
def test_links_of_properties_are_dialled_as_they_say(link: str, expected: DialIn) -> None:
    (found,) = find_dial_ins([], ["https://example.org/meeting", link])
    assert (found, found.digits) == (expected, expected.digits)


@pytest.mark.parametrize(
    "link",
    [
        "tel:*21*0301234567%23",
        "tel:1",
        "tel:" + "1" * 40,
        "tel:8000," + "1" * 33,
        "tel:8000,12A",
        "tel:+49@example.org",
        "sip:8000@example.org",
    ],
)
def test_what_no_telephone_dials_is_left_out(link: str) -> None:
    assert find_dial_ins([], [link]) == ()


def test_a_hostile_text_is_read_in_bounded_time_and_gives_few_numbers() -> None:
    text = "+49 69 5550100,,1# " * 5000 + "<" * 5000 + "PIN " * 5000 + "0" * 30_000
    many = "".join(f"+4969555{n:04d},,1#\n" for n in range(500))
    assert len(find_dial_ins([text])) == 1
    assert len(find_dial_ins([many])) == MOST_DIAL_INS

"""The word that installs."""

from bridge.cli.words import Words, word

EXAMPLES = (
    "sudo /opt/offhook/bin/offhook setup",
    "sudo /opt/offhook/bin/offhook setup --kiosk --server pbx.example.org --account 201 \\",
    "    --password-file password.txt --room 'Room 3' --country DE",
    "offhook setup --user",
    "offhook setup --dry-run",
    "sudo /opt/offhook/bin/offhook setup --uninstall",
)


def add_setup(words: Words) -> None:
    """Add ``setup``."""
    parser = word(
        words,
        "setup",
        "setup:setup",
        "install and start the service of this machine, and write a first configuration",
        EXAMPLES,
    )
    what = parser.add_argument_group("what")
    what.add_argument("--user", action="store_true", help="a service of your session instead")
    what.add_argument("--kiosk", action="store_true", help="and the screen of a room phone")
    what.add_argument("--gateway", action="store_true", help="and the gateway of a PBX")
    what.add_argument(
        "--devices-only", action="store_true", help="only what lets people open headsets"
    )
    what.add_argument("--uninstall", action="store_true", help="take it away again")
    what.add_argument(
        "--purge", action="store_true", help="with --uninstall: configuration and call list, too"
    )
    how = parser.add_argument_group("how")
    how.add_argument("--dry-run", action="store_true", help="only say what would be done")
    how.add_argument("--yes", action="store_true", help="ask nothing")
    how.add_argument("--no-start", action="store_true", help="start with the machine, not now")
    how.add_argument("--root", metavar="DIR", default="/", help="an image of a machine instead")
    first = parser.add_argument_group("a first configuration (asked for when there is none)")
    first.add_argument("--server", metavar="HOST", help="the PBX")
    first.add_argument("--account", metavar="USER", help="user of the SIP address, the extension")
    first.add_argument("--auth-user", metavar="USER", help="the password's user, if another")
    first.add_argument("--password-file", metavar="FILE", help="its first line is the password")
    first.add_argument("--transport", choices=("udp", "tcp", "tls"), default="udp")
    first.add_argument("--room", metavar="NAME", help="name of the room or desk")
    first.add_argument("--country", metavar="CC", help="such as DE: how numbers are written")
    first.add_argument("--language", choices=("de", "en"), help="of the page, with --kiosk")
    first.add_argument("--microphone", metavar="NAME", help="as `offhook audio list` names it")
    first.add_argument("--speaker", metavar="NAME", help="the same")
    first.add_argument("--broker", metavar="HOST", help="an MQTT broker; default: a private one")

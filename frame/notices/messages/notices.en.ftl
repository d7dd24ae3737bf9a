### Words of the notices by mail: what waits and where, and nothing else.

notices-subject = Sekisho: { $what }
notices-mail =
    A notice from Sekisho.

    { $what }

    Sign in on this page to see it.
    { $link }

    - This mail names no file, no sender and no content.
    - It never asks for a password or a code.
    - To stop these mails, take your address away on the page of your factors and sessions.
    - It was sent automatically. Nobody reads replies.
notices-code-subject = Sekisho: is this your address for notices?
notices-code =
    Somebody asked Sekisho to send notices to this address.

    If that was you, sign in on this page and enter this code. It holds for 24 hours.

    { $what }
    { $link }

    If it was not you, do nothing. Without the code no notice will come here.
    This mail was sent automatically. Nobody reads replies.
notice-permit-ends = A permit ends soon.

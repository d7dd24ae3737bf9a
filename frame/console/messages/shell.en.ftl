product-name = Sekisho
skip-to-content = Skip to the content
title-wrong = Error:{" "}
demo-title = This is a demonstration.
demo-text = The town, its people and its records are invented. It cannot be used for real work.
signed-in-as = Signed in as:{" "}
sign-out = Sign out
menu = Menu
menu-work = Work
menu-passages = Passages
menu-registers = Registers
menu-oversight = Records and audit
menu-system = System
printed = Printed { $moment } by { $name }
crumbs = Where you are

## Fields
field-required = Required
field-optional = Optional
field-any = Any
field-choose = Please choose
field-fault = Error:{" "}
form-wrong-title = Please check what you entered
field-empty = Enter “{ $label }”
field-long = “{ $label }” takes at most { $max } characters
field-character = “{ $label }” holds a character that cannot be used
field-choice = Choose “{ $label }”
field-moment = Enter a date and time for “{ $label }”
field-day = Enter a date for “{ $label }”
field-number = “{ $label }” must be a number from { $min } to { $max }

## Tables
table-empty = Nothing found.
table-pages = Pages
table-first = First page
table-next = Next page
table-download = Save this list as a file:

## Confirmation
confirm-back = Go back

## Why something was refused
failure-host = The request used another name than this system’s. Open it at the address you were given.
failure-origin = The request was not sent from a page of this system, so it was not accepted.
failure-form-token = The page was opened too long ago, or belongs to another sign-in.
failure-duty = This needs the duty “{ $duty }”.
failure-duplicate = The same thing is registered already.
failure-json = The JSON that was sent cannot be read: { $what }
failure-query = The query says “{ $name }”, which this call does not ask for or which stands there twice.
failure-idempotency-key = The Idempotency-Key is not valid, or was used with other content.
failure-repeated = A request with this Idempotency-Key was carried out already or is under way.

## Error pages
refusal-safe-title = What is safe
refusal-next-title = What to do next
refusal-home = Go to the first page
refusal-request = Reference:
refusal-request-ours = Give this reference when you ask for help:

refusal-title-bad-request = The request cannot be accepted
refusal-what-bad-request = Something in it is wrong, so nothing was done.
refusal-safe-bad-request = Nothing was changed.
refusal-next-bad-request = Go back, reload the page and try again.

refusal-title-sign-in-needed = Please sign in
refusal-what-sign-in-needed = You are not signed in, or your sign-in has ended.
refusal-safe-sign-in-needed = Nothing was changed.
refusal-next-sign-in-needed = Sign in again.

refusal-title-forbidden = You may not do this
refusal-what-forbidden = Your role does not include this page or action.
refusal-safe-forbidden = Nothing was changed.
refusal-next-forbidden = If you need it, ask the information security manager of your section.

refusal-title-proof-needed = Your second factor is needed again
refusal-what-proof-needed = This needs a second factor that was shown within the last five minutes.
refusal-safe-proof-needed = Nothing was changed.
refusal-next-proof-needed = Show your second factor, then try again.

refusal-title-not-found = Not found
refusal-what-not-found = Nothing is here, or it does not belong to your local government.
refusal-safe-not-found = Nothing was changed.
refusal-next-not-found = Check the address, or look for it from the first page.

refusal-title-wrong-method = This cannot be done here
refusal-what-wrong-method = This address does not work in this way.
refusal-safe-wrong-method = Nothing was changed.
refusal-next-wrong-method = Start again from the first page.

refusal-title-conflict = This has changed
refusal-what-conflict = While you had the page open, somebody else changed it first.
refusal-safe-conflict = What you did was not saved. The earlier change is as it was.
refusal-next-conflict = Go back, reload the page, and see how it stands before you go on.

refusal-title-too-large = That is too large
refusal-what-too-large = At most { $max } can be taken here.
refusal-safe-too-large = Nothing was saved.
refusal-next-too-large = Divide it and send the parts.

refusal-title-wrong-version = Another version is spoken here
refusal-what-wrong-version = The call names another version of the protocol than is spoken here (Tus-Resumable: 1.0.0).
refusal-safe-wrong-version = Nothing was saved.
refusal-next-wrong-version = Make the program speak this version.

refusal-title-wrong-type = That type cannot be taken
refusal-what-wrong-type = What was sent is not of the type that is taken here.
refusal-safe-wrong-type = Nothing was saved.
refusal-next-wrong-type = Check its type and send it again.

refusal-title-unprocessable = Something needs correcting
refusal-what-unprocessable = Some of the fields are wrong, so nothing was done.
refusal-safe-unprocessable = Nothing was changed.
refusal-next-unprocessable = Correct the fields that are named and send it again.

refusal-title-too-many = Too many requests
refusal-what-too-many = There were many requests in a short time. Please wait { $seconds } seconds.
refusal-safe-too-many = This request was not carried out.
refusal-next-too-many = Wait a little and try again.

refusal-title-internal = Something went wrong in the system
refusal-what-internal = The system met a fault that it did not expect. You did nothing wrong.
refusal-safe-internal = What you did was undone as a whole; no half of it remains.
refusal-next-internal = If it happens again, tell whoever looks after the information system.

refusal-title-full = There is no space left
refusal-what-full = The server's disk is full, so nothing new can be written. You did nothing wrong.
refusal-safe-full = Everything that was done and recorded before is kept. What you did just now was undone as a whole. You can still look at pages.
refusal-next-full = Ask whoever looks after the information system to make room on the disk. Work goes on then, without a restart.

refusal-title-unavailable = Not available now
refusal-what-unavailable = Something that is needed does not answer, or is too busy.
refusal-safe-unavailable = If you are not sure whether your last step was done, look at its list. No half of a change remains.
refusal-next-unavailable = Wait a few minutes and reload. If it goes on, tell whoever looks after the information system.

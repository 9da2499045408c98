"""Makes every call of the public client's 1.0 line that this product serves against a running instance, and says how many.

The client is used as it is published, and what it answers is read through its own models: `filled` fails where one of them
lacks a field that it says is always there. What is needed to know of the instance comes from the environment, see run-python.ts.
"""

import asyncio
import base64
import dataclasses
import hashlib
import json
import os
import threading
import time
import traceback
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import bavimail
from bavimail import (
    APIError,
    AttachmentUploadFile,
    AuthenticationError,
    Bavimail,
    ConflictError,
    NotFoundError,
    ValidationError,
    iter_cursor_pages,
    iter_cursor_pages_async,
    iter_pages,
    iter_pages_async,
    verify_webhook_signature,
)
from bavimail.events import (
    OutboundCancelledData,
    OutboundFeedbackData,
    OutboundScheduledData,
    OutboundSentData,
    WebhookEvent,
    WebhookTestData,
    is_verification_challenge,
)

BASE_URL = os.environ["BAVLIO_MAIL_URL"]
API_KEY = os.environ["BAVLIO_API_KEY"]
INBOX = os.environ["BAVLIO_INBOX_ALIAS"]
HOOK_PORT = int(os.environ["BAVLIO_HOOK_PORT"])
MISSING = "00000000-0000-7000-8000-000000000000"
TO = "ada+accept@people.example"

calls = 0
failures = []


def filled(answer):
    """Fails where a model that came back holds none of a field which is not optional, however deep."""
    if isinstance(answer, (list, tuple)):
        for item in answer:
            filled(item)
    elif dataclasses.is_dataclass(answer):
        for field in dataclasses.fields(answer):
            value = getattr(answer, field.name)
            hint = str(field.type)
            # A thread is gone once it is deleted, though its messages stay.
            if value is None and "None" not in hint and field.name != "thread_id":
                raise AssertionError(f"{type(answer).__name__}.{field.name} ({hint}) is missing")
            if isinstance(value, str) and hint == "datetime":
                raise AssertionError(f"{type(answer).__name__}.{field.name} is no time")
            filled(value)
        if hasattr(answer, "id"):
            assert answer.id, f"{type(answer).__name__} has no id"
    return answer


def call(function, *args, **kwargs):
    global calls
    calls += 1
    return filled(function(*args, **kwargs))


async def call_async(function, *args, **kwargs):
    global calls
    calls += 1
    return filled(await function(*args, **kwargs))


def raises(kind, function, *args, **kwargs):
    try:
        call(function, *args, **kwargs)
    except kind as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        assert error.code and error.request_id and not error.message.startswith("API error"), repr(error)
        return error
    raise AssertionError(f"{function.__qualname__} did not raise {kind.__name__}")


def part(run):
    """Runs one group; a failure is reported at the end, so that one gap does not hide the others."""
    try:
        run()
        print(f"ok    {run.__name__}")
    except Exception:
        failures.append(run.__name__)
        print(f"FAIL  {run.__name__}\n{traceback.format_exc()}")


def wait_for(find, what, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = find()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {seconds} s")


class Hook(BaseHTTPRequestHandler):
    """Receives webhooks and keeps body and headers."""

    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        Hook.received.append((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


client = Bavimail(api_key=API_KEY, base_url=BASE_URL)
name = f"py1-{int(time.time())}.example"
made = {}


def domains():
    ownership = call(client.domains.get_ownership, name)
    assert ownership.domain == name and ownership.record.type == "TXT" and name in ownership.record.name
    assert ownership.verified is True  # in a sandbox every record is there
    domain = call(client.domains.create, name, extra_retained_headers=["X-Team"], mail_from_subdomain="rp")
    assert domain.domain == name and domain.status == "verified" and domain.is_active and domain.inbound_enabled
    assert domain.mail_from_subdomain == "rp" and domain.mail_from_domain == f"rp.{name}"
    assert "x-team" in [header.lower() for header in domain.retained_headers] and domain.activation_generation >= 1
    made["domain"] = domain.id
    assert domain.id in [d.id for d in call(client.domains.list)]
    assert domain.id in [d.id for d in call(client.domains.list, include_transferred=True)]
    assert call(client.domains.get, domain.id) == domain
    setup = call(client.domains.get_setup, domain.id)
    assert setup.domain.id == domain.id and setup.verification_instructions
    assert ownership.record.value in [record.value for record in setup.dns_records]
    status = call(client.domains.get_setup_status, domain.id)
    assert status.ready and status.progress.total == len(status.records) == status.progress.verified
    assert {check.check for check in status.records} >= {"ownership", "dkim"} and status.dns_checked_at
    changed = call(client.domains.update, domain.id, inbound_enabled=True, extra_retained_headers=[], mail_from_subdomain="bounce")
    assert changed.extra_retained_headers == [] and changed.mail_from_domain == f"bounce.{name}"
    gone = call(client.domains.create, f"gone-{name}")
    assert call(client.domains.delete, gone.id) is None
    assert raises(NotFoundError, client.domains.get, gone.id).status_code == 404
    raises(ValidationError, client.domains.create, "no domain")
    raises(ValidationError, client.domains.get_ownership, "nothing")
    raises(ConflictError, client.domains.create, name)


def inboxes():
    inbox = call(client.inboxes.create, made["domain"], "anna", signature_html="<p>Anna</p>")
    assert (inbox.name, inbox.full_email, inbox.domain_name) == ("anna", f"anna@{name}", name)
    assert inbox.is_active and inbox.inactivity_reason is None and inbox.domain_status == "verified"
    made["inbox"] = inbox.id
    assert call(client.inboxes.get, inbox.id) == inbox
    assert {INBOX, inbox.id} <= {i.id for i in call(client.inboxes.list)}
    assert [i.id for i in call(client.inboxes.list, domain_id=made["domain"], include_transferred=False)] == [inbox.id]
    changed = call(client.inboxes.update, inbox.id, name="anna.berg", signature_html=None)
    assert changed.full_email == f"anna.berg@{name}" and changed.signature_html is None
    gone = call(client.inboxes.create, made["domain"], "gone")
    assert "inbox" in raises(ConflictError, client.inboxes.update, gone.id, name="anna.berg").message
    raises(ConflictError, client.inboxes.create, made["domain"], "gone")
    raises(ValidationError, client.inboxes.create, made["domain"], "a b")
    assert call(client.inboxes.delete, gone.id) is None
    raises(NotFoundError, client.inboxes.get, gone.id)


def attachments():
    files = call(
        client.attachments.upload,
        [AttachmentUploadFile("offer.pdf", b"%PDF-1.7", "application/pdf"), AttachmentUploadFile("note.txt", b"Hello")],
    )
    assert [f.filename for f in files] == ["offer.pdf", "note.txt"]
    assert files[0].sha256 == hashlib.sha256(b"%PDF-1.7").hexdigest() and files[0].expires_at > datetime.now(timezone.utc)
    made["attachment"] = files[0].id
    page = call(client.attachments.list, limit=1, sort="size_desc")
    assert page.total == 2 and page.data[0].id == files[0].id
    assert {f.id for f in iter_pages(client.attachments.list, page_size=1)} == {f.id for f in files}
    assert call(client.attachments.get, files[0].id).size_bytes == 8
    assert call(client.attachments.download, files[0].id) == b"%PDF-1.7"
    more = call(client.attachments.upload, [AttachmentUploadFile("gone.txt", b"Gone")])[0]
    assert call(client.attachments.delete, more.id) is None
    raises(NotFoundError, client.attachments.get, more.id)


def emails():
    first = call(client.emails.send, made["inbox"], [TO], "A question", "<p>Hello Ada, <b>how</b> are you?</p>")
    assert first.inbox_id == made["inbox"] and first.to_emails == [TO] and first.thread_id and not first.track_opens
    assert first.status in ("queued", "sending", "sent", "delivered") and first.inbox_name == "anna.berg"
    later = call(
        client.emails.send, made["inbox"], [TO], "Later", "Hello", scheduled_at="2099-01-15T09:00:00",
        scheduled_timezone="America/New_York",
    )
    assert later.status == "scheduled" and later.scheduled_at.isoformat() == "2099-01-15T14:00:00+00:00"
    assert later.scheduled_timezone == "America/New_York"
    rich = call(
        client.emails.send,
        made["inbox"],
        [TO, "bob+accept@people.example"],
        "Files and a link",
        '<p>See <a href="https://example.com/offer?a=1">the offer</a></p>',
        cc_emails=["carol+accept@people.example"],
        bcc_emails=["dan+accept@people.example"],
        headers={"X-Campaign": "welcome"},
        attachments=[
            {"attachment_id": made["attachment"]},
            {"filename": "a.txt", "content": base64.b64encode(b"abc").decode(), "content_type": "text/plain"},
        ],
        track_opens=True,
        track_clicks=True,
    )
    assert rich.cc_emails == ["carol+accept@people.example"] and rich.bcc_emails == ["dan+accept@people.example"]
    assert rich.headers == {"X-Campaign": "welcome"} and rich.track_opens and rich.track_clicks
    assert [(a.filename, a.size_bytes, a.position) for a in rich.attachments] == [("offer.pdf", 8, 0), ("a.txt", 3, 1)]
    assert client._http.fetch_url(rich.attachments[1].download_url) == b"abc"
    sent = wait_for(lambda: (e := call(client.emails.get, first.id)).status == "delivered" and e, "the first delivery")
    assert sent.sent_at and sent.delivered_at and sent.body_text and sent.ses_message_id
    made["email"], made["thread"] = sent.id, sent.thread_id
    answer = call(
        client.emails.send, made["inbox"], [TO], "Re: A question", "And?", thread_id=sent.thread_id, in_reply_to=sent.ses_message_id
    )
    assert answer.thread_id == sent.thread_id and answer.in_reply_to == sent.ses_message_id and answer.thread_references
    batch = call(
        client.emails.batch_send,
        [
            {"inbox_id": made["inbox"], "to_emails": [TO], "subject": "One of three", "body": "Hello"},
            {"inbox_id": made["inbox"], "to_emails": ["no address"], "subject": "Two of three", "body": "Hello"},
            {"inbox_id": made["inbox"], "to_emails": [TO], "subject": "Three of three", "body": "Hi", "scheduled_timezone": "Nowhere/At"},
        ],
    )
    assert (batch.total, batch.accepted, batch.rejected) == (3, 1, 2) and batch.results[0].outbound_email.id
    assert batch.results[1].error.category == "validation" and "scheduled_at" in batch.results[2].error.message
    cancelled = call(client.emails.cancel, later.id)
    assert cancelled.status == "cancelled" and cancelled.cancelled_at
    raises(ConflictError, client.emails.cancel, first.id)
    wait_for(lambda: call(client.emails.get, rich.id).status == "delivered", "the second delivery")
    page = call(client.emails.list, inbox_id=made["inbox"], limit=2, offset=0)
    assert len(page.data) == 2 and page.total == 5, page.total
    assert [e.id for e in call(client.emails.list, status="cancelled", domain_id=made["domain"]).data] == [later.id]
    assert rich.id in [e.id for e in call(client.emails.list, recipient="dan+accept@people.example").data]
    day = timedelta(days=1)
    now = datetime.now(timezone.utc)
    recent = call(
        client.emails.list, sent_only=True, sent_after=now - day, sent_before=now + day, order_by="sent_at", inbox_id=made["inbox"]
    )
    assert first.id in [e.id for e in recent.data] and later.id not in [e.id for e in recent.data]
    assert call(client.emails.list, sent_before=now - day, sent_only=True).total == 0
    assert len({e.id for e in iter_pages(client.emails.list, page_size=2, inbox_id=made["inbox"])}) == 5
    events = call(client.emails.list_events, first.id)
    assert events.total >= 2 and {"sent", "delivered"} <= {e.event_type for e in events.data} and events.data[0].email_id == first.id
    assert call(client.emails.list_events, first.id, event_type="delivered", limit=1, offset=0).total == 1
    feed = call(client.emails.list_event_feed, limit=2)
    assert len(feed.data) == 2 and feed.next_cursor
    every = list(iter_cursor_pages(client.emails.list_event_feed, page_size=2, start_at=now - day, end_at=now + day))
    assert len({e.id for e in every}) == len(every) and {first.id, later.id, rich.id} <= {e.email_id for e in every}
    only = call(client.emails.list_event_feed, event_type="cancelled", email_id=later.id)
    assert [e.event_type for e in only.data] == ["cancelled"] and only.next_cursor is None
    tracking = call(client.emails.get_tracking, rich.id, limit=10, offset=0)
    assert [link.original_url for link in tracking.links] == ["https://example.com/offer?a=1"]
    assert tracking.email_id == rich.id and tracking.track_clicks and tracking.opens == [] and tracking.clicks == []
    checked = call(client.emails.validate, "ada@people.example", check_mx=False)
    assert checked.email == checked.normalized_email == "ada@people.example" and checked.checks
    assert {check.result for check in checked.checks} <= {"passed", "failed", "skipped", "unknown"}
    error = raises(ValidationError, client.emails.send, made["inbox"], ["no address"], "x", "y")
    assert error.code == "INVALID_RECIPIENT" and "to_emails" in error.message
    error = raises(ValidationError, client.emails.send, made["inbox"], [TO], "x", "y", scheduled_at="2001-01-01T00:00:00Z")
    assert "scheduled_at" in error.message
    error = raises(ConflictError, client.emails.send, made["inbox"], [TO], "x", "y", attachments=[{"path": "https://example.com/a.pdf"}])
    assert error.code == "LIVE_WORKSPACE_ONLY" and "path" in error.message
    raises(ValidationError, client.emails.send, made["inbox"], [TO], "x", "y", attachments=[{"filename": "a.txt"}])
    raises(NotFoundError, client.emails.send, MISSING, [TO], "x", "y")
    raises(NotFoundError, client.emails.get, MISSING)
    raises(ConflictError, client.attachments.delete, made["attachment"])
    bulk = call(client.attachments.bulk_delete, [made["attachment"], MISSING])
    assert (bulk.deleted, bulk.in_use, bulk.not_found) == ([], [made["attachment"]], [MISSING])


def inbound():
    page = wait_for(
        lambda: (p := call(client.inbound_emails.list, inbox_id=INBOX, limit=10, offset=0)).data and p,
        "the message that the runner sent",
    )
    summary = page.data[0]
    assert page.total == 1 and summary.inbox_id == INBOX and summary.attachment_count == 1
    assert (summary.from_address, summary.from_name) == ("ada@people.example", "Ada Lovelace") and summary.thread_id
    message = call(client.inbound_emails.get, summary.id)
    assert message.subject == "With a file" and message.inbox_address.startswith("inbox@") and message.body_text
    assert [r.address for r in message.recipients.cc] == ["carol@people.example"] and message.recipients.to
    assert message.verdicts.spf and "subject" in [h.name.lower() for h in message.headers]
    file = message.attachments[0]
    assert file.filename == "offer.pdf" and file.mime_type == "application/pdf" and file.position == 0
    assert call(client.inbound_emails.download_attachment, message.id, file.id) == b"%PDF-1.4 test"
    made["received"], made["received_thread"] = message.id, message.thread_id
    assert call(client.inbound_emails.list, domain_id=made["domain"]).total == 0
    assert [e.id for e in iter_pages(client.inbound_emails.list, page_size=1)] == [message.id]
    try:
        client.inbound_emails.download_attachment(message.id, MISSING)
    except NotFoundError as error:
        assert error.code == "attachment_not_found"
    raises(NotFoundError, client.inbound_emails.get, MISSING)


def labels():
    label = call(client.labels.create, "Important", color="#ff0000")
    assert (label.name, label.kind, label.color, label.total) == ("Important", "label", "#ff0000", 0)
    folder = call(client.labels.create, "Projects", kind="folder")
    assert folder.kind == "folder" and folder.color is None
    made["label"], made["folder"] = label.id, folder.id
    every = call(client.labels.list)
    assert [i.id for i in every.labels if i.kind == "system"] == ["inbox", "sent", "spam", "trash"]
    assert {label.id, folder.id} <= {i.id for i in every.labels} and every.starred.total == 0
    changed = call(client.labels.update, label.id, name="Urgent", color=None)
    assert changed.name == "Urgent" and changed.color is None
    gone = call(client.labels.create, "Gone")
    raises(ConflictError, client.labels.create, "gone")
    raises(ConflictError, client.labels.update, gone.id, name="urgent")
    assert call(client.labels.delete, gone.id) is None
    raises(NotFoundError, client.labels.update, gone.id, name="x")


def counted(which):
    return next((i.total, i.unread) for i in client.labels.list().labels if i.id == which)


def threads():
    page = call(client.threads.list, limit=1)
    assert len(page.data) == 1 and page.next_cursor
    every = {t.id: t for t in iter_cursor_pages(client.threads.list, page_size=1)}
    assert {made["thread"], made["received_thread"]} <= set(every)
    received = every[made["received_thread"]]
    assert received.unread and received.folder_id == "inbox" and received.last_message_type == "inbound"
    assert (received.last_message_from, received.last_message_from_name) == ("ada@people.example", "Ada Lovelace")
    assert received.snippet.startswith("Hello from outside") and every[made["thread"]].folder_id == "sent"
    assert [t.id for t in call(client.threads.list, unread=True).data] == [received.id]
    assert received.id not in [t.id for t in call(client.threads.list, unread=False).data]
    assert [t.id for t in call(client.threads.list, q="carrots").data] == [received.id]
    assert [t.id for t in call(client.threads.list, inbox_id=INBOX).data] == [received.id]
    assert received.id in [t.id for t in call(client.threads.list, folder_id="inbox").data]
    assert made["thread"] in [t.id for t in call(client.threads.list, folder_id="sent", domain_id=made["domain"]).data]
    assert call(client.threads.list, view="starred").data == []
    detail = call(client.threads.get, made["thread"])
    assert [type(m).__name__ for m in detail.messages] == ["OutboundThreadMessage"] * 2
    assert detail.messages[0].id == made["email"] and detail.messages[0].inbox_id == made["inbox"]
    detail = call(client.threads.get, received.id)
    assert [(m.type, m.id) for m in detail.messages] == [("inbound", made["received"])]
    assert detail.messages[0].attachments[0].download_url and detail.messages[0].recipients.cc
    changed = call(
        client.threads.update, received.id, unread=False, starred=True, folder_id=made["folder"], add_label_ids=[made["label"]]
    )
    assert not changed.unread and changed.starred and changed.folder_id == made["folder"] and changed.label_ids == [made["label"]]
    assert [t.id for t in call(client.threads.list, folder_id=made["folder"]).data] == [received.id]
    assert [t.id for t in call(client.threads.list, label_id=made["label"]).data] == [received.id]
    assert [t.id for t in call(client.threads.list, view="starred").data] == [received.id]
    assert counted(made["label"]) == (1, 0) and counted(made["folder"]) == (1, 0)
    changed = call(client.threads.update, received.id, unread=True, starred=False, remove_label_ids=[made["label"]], folder_id="inbox")
    assert changed.unread and not changed.starred and changed.label_ids == [] and changed.folder_id == "inbox"
    assert counted("inbox") == (1, 1)
    files = call(client.threads.list_attachments, received.id)
    assert [(f.filename, f.email_id, f.email_type) for f in files] == [("offer.pdf", made["received"], "inbound")]
    raises(ConflictError, client.threads.delete, made["thread"])
    waiting = call(
        client.emails.send, made["inbox"], [TO], "Not sent", "x", thread_id=made["thread"], scheduled_at="2099-01-01T00:00:00Z"
    )
    assert call(client.threads.update, made["thread"], folder_id="trash").folder_id == "trash"
    assert call(client.emails.get, waiting.id).status == "cancelled"
    assert made["thread"] not in [t.id for t in iter_cursor_pages(client.threads.list, page_size=50)]
    assert [t.id for t in call(client.threads.list, folder_id="trash").data] == [made["thread"]]
    assert call(client.threads.delete, made["thread"]) is None
    raises(NotFoundError, client.threads.get, made["thread"])
    assert call(client.emails.get, made["email"]).thread_id is None
    raises(ValidationError, client.threads.update, received.id, add_label_ids=[MISSING])
    raises(ValidationError, client.threads.list, mailing_list_id=MISSING)
    raises(NotFoundError, client.threads.update, MISSING, unread=False)


def suppressions():
    entry = call(client.suppressions.create, "never@people.example", note="asked to stop")
    assert (entry.address, entry.reason, entry.note, entry.metadata) == ("never@people.example", "manual", "asked to stop", {})
    assert call(client.suppressions.get, entry.id) == entry
    page = call(client.suppressions.list, reason="manual", search="never@", limit=10, offset=0)
    assert page.total == 1 and page.data == [entry]
    assert call(client.suppressions.list, reason="bounce").total == 0
    assert [s.id for s in iter_pages(client.suppressions.list, page_size=1)] == [entry.id]
    assert raises(ConflictError, client.emails.send, made["inbox"], ["never@people.example"], "x", "y").code == "RECIPIENT_SUPPRESSED"
    assert call(client.suppressions.delete, entry.id) is None
    raises(NotFoundError, client.suppressions.get, entry.id)
    raises(NotFoundError, client.suppressions.delete, entry.id)
    assert call(client.suppressions.list).total == 0
    raises(ValidationError, client.suppressions.create, "no address")


def analytics():
    summary = call(client.analytics.get_deliverability_summary, range="24h", inbox_id=made["inbox"])
    assert summary.total_sent >= 4 and summary.delivered >= 3 and summary.window_start < summary.window_end
    assert call(client.analytics.get_deliverability_summary, domain_id=made["domain"]).total_sent == summary.total_sent
    series = call(client.analytics.get_deliverability_timeseries, range="7d", bucket="day", inbox_id=made["inbox"])
    assert series.bucket == "day" and sum(p.sent for p in series.points) == summary.total_sent
    assert series.window_end - series.window_start == timedelta(days=7)
    call(client.analytics.get_deliverability_timeseries)
    raises(ValidationError, client.analytics.get_deliverability_summary, range="9y")


def reputation():
    control = call(client.reputation.get).sending_control
    assert control is None or (not control.blocked and control.aws_bounce_threshold > 0)


def tracking_domains():
    usual = next(t for t in call(client.tracking_domains.list) if t.domain_id == made["domain"])
    assert usual.hostname == f"track.{name}" and usual.status == "active"
    raises(ConflictError, client.tracking_domains.create, f"links.{name}")
    assert call(client.tracking_domains.delete, usual.id) is None
    raises(NotFoundError, client.tracking_domains.get, usual.id)
    own = call(client.tracking_domains.create, f"links.{name}")
    assert own.hostname == f"links.{name}" and {c.check for c in own.checks} == {"cname", "ownership"}
    assert call(client.tracking_domains.get, own.id).domain_id == made["domain"]
    assert call(client.tracking_domains.verify, own.id).status == "active"
    raises(ConflictError, client.tracking_domains.create, f"links.{name}")
    raises(ValidationError, client.tracking_domains.create, "links.elsewhere.example")


def webhooks():
    url = f"http://127.0.0.1:{HOOK_PORT}/hook"
    types = [f"email.outbound.{what}" for what in ("scheduled", "cancelled", "sent", "delivered")]
    hook = call(client.webhooks.create, url, types, description="mine")
    assert hook.status == "pending_verification" and hook.verified_at is None and len(hook.secret) == 64
    assert call(client.webhooks.get, hook.id).url == url
    assert [w.id for w in call(client.webhooks.list)] == [hook.id]

    def bodies(fits):
        return [(json.loads(body), body, headers) for body, headers in list(Hook.received) if fits(json.loads(body))]

    challenge, body, headers = wait_for(lambda: bodies(is_verification_challenge), "the challenge")[0]
    verify_webhook_signature(
        payload=body, signature=headers["x-webhook-signature"], timestamp=headers["x-webhook-timestamp"], secret=hook.secret
    )
    assert call(client.webhooks.resend_verification, hook.id).status == "pending_verification"
    code = wait_for(lambda: (found := bodies(is_verification_challenge))[1:] and found[1][0], "the second challenge")
    raises(ValidationError, client.webhooks.verify, hook.id, challenge["verification_code"])
    active = call(client.webhooks.verify, hook.id, code["verification_code"])
    assert active.status == "active" and active.verified_at
    Hook.received.clear()
    assert call(client.webhooks.test, hook.id).status
    raw = wait_for(lambda: bodies(lambda b: not is_verification_challenge(b)), "the test delivery")[0][0]
    event = WebhookEvent.from_dict(raw)
    assert event.event_type is None and WebhookTestData.from_dict(event.data).id == hook.id, raw
    email = call(client.emails.send, made["inbox"], [TO], "Told", "Hello")
    later = call(client.emails.send, made["inbox"], [TO], "Told later", "Hello", scheduled_at="2099-01-01T00:00:00Z")
    call(client.emails.cancel, later.id)
    told = wait_for(
        lambda: (found := {b["event_type"]: b for b, _, _ in bodies(lambda b: b.get("event_type"))}) and len(found) == 4 and found,
        "the four events",
    )
    for what, model, about in (
        ("sent", OutboundSentData, email),
        ("delivered", OutboundFeedbackData, email),
        ("scheduled", OutboundScheduledData, later),
        ("cancelled", OutboundCancelledData, later),
    ):
        event = WebhookEvent.from_dict(told[f"email.outbound.{what}"])
        data = filled(model.from_dict(event.data))
        assert data.email_id == about.id and data.to_emails == [TO] and data.from_email == about.from_email
    assert OutboundFeedbackData.from_dict(told["email.outbound.delivered"]["data"]).recipients == [TO]
    changed = call(client.webhooks.update, hook.id, status="disabled", description=None, event_types=["email.outbound.sent"])
    assert changed.status == "disabled" and changed.description is None and changed.event_types == ["email.outbound.sent"]
    raises(ConflictError, client.webhooks.test, hook.id)
    assert call(client.webhooks.update, hook.id, status="active").status == "active"
    moved = call(client.webhooks.update, hook.id, url=f"{url}/moved")
    assert moved.status == "pending_verification"
    raises(ConflictError, client.webhooks.update, hook.id, status="active")
    assert call(client.webhooks.rotate_secret, hook.id).secret != hook.secret
    assert call(client.webhooks.delete, hook.id) is None
    raises(NotFoundError, client.webhooks.get, hook.id)
    raises(ValidationError, client.webhooks.create, "ftp://x", ["email.outbound.sent"])


def refusals():
    with Bavimail(api_key="bav_live_wrong", base_url=BASE_URL) as stranger:
        assert raises(AuthenticationError, stranger.domains.list).code == "UNAUTHORIZED"
    assert raises(ValidationError, client.emails.list, limit=0).code == "VALIDATION_ERROR"


def not_served():
    """What no part of this product does is said to be missing, and is never answered as if it had been done."""
    for function, args in (
        (client.warmup.list, ()),
        (client.warmup.list_providers, ()),
        (client.warmup.enable, (made["inbox"], "bavimail")),
        (client.mailing_lists.list, ()),
        (client.registrations.get, ()),
        (client.registrations.create_claim_link, ()),
        (client.domains.get_setup_options, (made["domain"],)),
        (client.domains.auto_setup, (made["domain"], "cloudflare", {"api_token": "x"})),
    ):
        try:
            function(*args)
        except NotFoundError as error:
            assert error.code == "NOT_FOUND" and error.request_id
        else:
            raise AssertionError(f"{function.__qualname__} was answered")


def asynchronous():
    async def run():
        async with Bavimail(api_key=API_KEY, base_url=BASE_URL) as own:
            await call_async(own.domains.get_ownership_async, f"async-{name}")
            domain = await call_async(own.domains.create_async, f"async-{name}")
            assert domain.id in [d.id for d in await call_async(own.domains.list_async)]
            await call_async(own.domains.get_async, domain.id)
            await call_async(own.domains.get_setup_async, domain.id)
            await call_async(own.domains.get_setup_status_async, domain.id)
            await call_async(own.domains.update_async, domain.id, inbound_enabled=False)
            inbox = await call_async(own.inboxes.create_async, domain.id, "async")
            assert await call_async(own.inboxes.get_async, inbox.id) == inbox
            await call_async(own.inboxes.update_async, inbox.id, signature_html="<p>A</p>")
            await call_async(own.inboxes.list_async, domain_id=domain.id)
            file = (await call_async(own.attachments.upload_async, [AttachmentUploadFile("a.txt", b"A")]))[0]
            assert await call_async(own.attachments.download_async, file.id) == b"A"
            email = await call_async(own.emails.send_async, inbox.id, [TO], "Async", "Hello", attachments=[{"attachment_id": file.id}])
            assert (await call_async(own.emails.get_async, email.id)).id == email.id
            assert [e.id async for e in iter_pages_async(own.emails.list_async, page_size=1, inbox_id=inbox.id)] == [email.id]
            await call_async(own.emails.list_events_async, email.id)
            await call_async(own.emails.list_event_feed_async, limit=1)
            await call_async(own.emails.get_tracking_async, email.id)
            await call_async(own.emails.validate_async, "ada@people.example", check_mx=False)
            assert (await call_async(own.emails.batch_send_async, [{"inbox_id": inbox.id, "to_emails": [TO], "subject": "B", "body": "b"}])).accepted == 1
            assert made["received"] in [e.id for e in (await call_async(own.inbound_emails.list_async)).data]
            received = await call_async(own.inbound_emails.get_async, made["received"])
            assert await call_async(own.inbound_emails.download_attachment_async, received.id, received.attachments[0].id)
            assert [t.id async for t in iter_cursor_pages_async(own.threads.list_async, page_size=1, unread=True)]
            await call_async(own.threads.get_async, received.thread_id)
            await call_async(own.threads.update_async, received.thread_id, starred=True)
            await call_async(own.threads.list_attachments_async, received.thread_id)
            await call_async(own.labels.list_async)
            label = await call_async(own.labels.create_async, "Async")
            await call_async(own.labels.update_async, label.id, color="#00ff00")
            await call_async(own.labels.delete_async, label.id)
            entry = await call_async(own.suppressions.create_async, "async@people.example")
            await call_async(own.suppressions.get_async, entry.id)
            await call_async(own.suppressions.list_async)
            await call_async(own.suppressions.delete_async, entry.id)
            await call_async(own.webhooks.list_async)
            await call_async(own.analytics.get_deliverability_summary_async)
            await call_async(own.analytics.get_deliverability_timeseries_async)
            await call_async(own.reputation.get_async)
            tracked = next(t for t in await call_async(own.tracking_domains.list_async) if t.domain_id == domain.id)
            await call_async(own.tracking_domains.get_async, tracked.id)
            gone = await call_async(own.inboxes.create_async, domain.id, "gone")
            await call_async(own.inboxes.delete_async, gone.id)
            other = await call_async(own.domains.create_async, f"async-gone-{name}")
            await call_async(own.domains.delete_async, other.id)

    asyncio.run(run())


server = HTTPServer(("127.0.0.1", HOOK_PORT), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
for group in (
    domains, inboxes, attachments, emails, inbound, labels, threads, suppressions, analytics, reputation, tracking_domains,
    webhooks, refusals, not_served, asynchronous,
):
    part(group)
client.close()
server.shutdown()
print(f"{calls} calls with bavimail {bavimail.__version__}; {len(failures)} groups failed{': ' + ', '.join(failures) if failures else ''}")
raise SystemExit(1 if failures else 0)

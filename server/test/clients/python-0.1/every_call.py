"""Makes every call of the public client against a running instance and says how many there were.

The client is used as it is published. What it needs to know of the instance comes from the environment, see run-python.ts.
"""

import asyncio
import hashlib
import hmac
import json
import os
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer

import bavimail
from bavimail import AttachmentUploadFile, Bavimail, IntegrationClient
from bavimail.exceptions import (
    APIError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ValidationError,
    WebhookVerificationError,
)
from bavimail.pagination import iter_pages, iter_pages_async
from bavimail.webhook_verification import verify_webhook_signature

BASE_URL = os.environ["BAVLIO_MAIL_URL"]
API_KEY = os.environ["BAVLIO_API_KEY"]
INBOX_ALIAS = os.environ["BAVLIO_INBOX_ALIAS"]
HOOK_PORT = int(os.environ["BAVLIO_HOOK_PORT"])
INTEGRATION_ID = os.environ["BAVLIO_INTEGRATION_ID"]
INTEGRATION_SECRET = os.environ["BAVLIO_INTEGRATION_SECRET"]
USER_ASSERTION = os.environ["BAVLIO_USER_ASSERTION"]
MISSING = "00000000-0000-7000-8000-000000000000"

calls = 0
failures = []


def call(function, *args, **kwargs):
    global calls
    calls += 1
    return function(*args, **kwargs)


async def call_async(function, *args, **kwargs):
    global calls
    calls += 1
    return await function(*args, **kwargs)


def raises(kind, function, *args, **kwargs):
    try:
        call(function, *args, **kwargs)
    except kind as error:
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
name = f"py-{int(time.time())}.example"
made = {}


def domains():
    domain = call(client.domains.create, name, "AWS", provider_config={"region": "eu-west-1"}, extra_retained_headers=["X-Team"])
    assert domain.domain == name and domain.inbound_enabled is True and "x-team" in [h.lower() for h in domain.retained_headers]
    made["domain"] = domain.id
    assert any(d.id == domain.id for d in call(client.domains.list))
    assert call(client.domains.get, domain.id).id == domain.id
    setup = call(client.domains.get_setup, domain.id)
    assert setup.domain == name and setup.dns_records and setup.verification_instructions
    status = call(client.domains.get_dns_status, domain.id)
    assert status.overall_progress.total_records == len(status.records)
    call(client.domains.get_dns_status, domain.id, force_refresh=True)
    assert call(client.domains.verify, domain.id)["status"] in ("verifying", "verified")
    assert call(client.domains.verify, domain.id, force=True)["status"] in ("verifying", "verified")
    changed = call(client.domains.update, domain.id, strip_tracking_on_read=True, inbound_enabled=True, extra_retained_headers=[])
    assert changed.strip_tracking_on_read is True
    throwaway = call(client.domains.create, f"gone-{name}", "AWS")
    assert call(client.domains.delete, throwaway.id) is None
    error = raises(NotFoundError, client.domains.get, throwaway.id)
    assert error.status_code == 404 and error.code and error.request_id
    raises(ValidationError, client.domains.create, "no domain", "AWS")
    raises(ConflictError, client.domains.create, name, "AWS")


def aliases():
    alias = call(client.aliases.create, made["domain"], "anna", signature_html="<p>Anna</p>")
    assert alias.full_email == f"anna@{name}" and alias.domain_name == name and alias.signature_text == "Anna"
    made["alias"] = alias.id
    assert any(a.id == alias.id for a in call(client.aliases.list))
    assert [a.id for a in call(client.aliases.list, domain_id=made["domain"])] == [alias.id]
    assert call(client.aliases.get, alias.id).user_id
    changed = call(client.aliases.update, alias.id, alias="anna.berg", signature_html=None, raw_mime_retention_enabled=True)
    assert changed.full_email == f"anna.berg@{name}" and changed.signature_html is None and changed.raw_mime_retention_enabled
    assert call(client.aliases.set_warmup_token, alias.id, "blue-horse").warmup_token == "blue-horse"
    assert call(client.aliases.clear_warmup_token, alias.id).warmup_token is None
    throwaway = call(client.aliases.create, made["domain"], "gone")
    raises(ConflictError, client.aliases.create, made["domain"], "gone")
    assert call(client.aliases.delete, throwaway.id) is None
    raises(NotFoundError, client.aliases.get, throwaway.id)


def attachments():
    answer = call(
        client.attachments.upload,
        [AttachmentUploadFile("offer.pdf", b"%PDF-1.7", "application/pdf"), AttachmentUploadFile("note.txt", b"Hello")],
    )
    assert [a.filename for a in answer.attachments] == ["offer.pdf", "note.txt"] and answer.uploaded_at
    file = answer.attachments[0]
    assert file.sha256 == hashlib.sha256(b"%PDF-1.7").hexdigest()
    made["attachment"] = file.id
    assert call(client.attachments.get, file.id).size_bytes == 8
    assert call(client.attachments.download, file.id) == b"%PDF-1.7"
    assert call(client.attachments.download, file.id, inline=True) == b"%PDF-1.7"
    raises(NotFoundError, client.attachments.get, MISSING)


def emails():
    to = "ada+accept@people.example"
    first = call(client.emails.send, made["alias"], to, "A question", "<p>Hello Ada, <b>how</b> are you?</p>")
    assert first.status in ("queued", "sending", "sent", "delivered") and first.to_email == to and first.track_opens is True
    scheduled = call(
        client.emails.send, made["alias"], to, "Later", "Hello", send_at="2099-01-15T09:00:00", send_at_timezone="America/New_York"
    )
    assert scheduled.status == "scheduled" and scheduled.send_at_utc.isoformat() == "2099-01-15T14:00:00+00:00"
    tracked = call(
        client.emails.send,
        made["alias"],
        to,
        "A link",
        '<p>See <a href="https://example.com/offer?a=1">the offer</a></p>',
        track_clicks=True,
        click_tracking_patterns=["https://example.com/*"],
    )
    attached = call(
        client.emails.send, made["alias"], to, "A file", "See the file.", attachments=[{"attachment_id": made["attachment"]}]
    )
    assert attached.attachment_count == 1
    call(client.emails.list)
    assert call(client.emails.list, alias_id=made["alias"], limit=10, offset=0)
    sent = wait_for(lambda: (e := call(client.emails.get, first.id)).status == "delivered" and e, "the delivery of the first e-mail")
    assert sent.sent_at and sent.delivered_at and sent.body_text and sent.provider_message_id
    made["email"], made["conversation"] = sent.id, sent.conversation_id
    batch = call(
        client.emails.batch_send,
        [
            {"alias_id": made["alias"], "to_email": to, "subject": "One of two", "body": "Hello"},
            {"alias_id": made["alias"], "to_email": "no address", "subject": "Two of two", "body": "Hello"},
        ],
    )
    assert (batch.total, batch.accepted, batch.rejected) == (2, 1, 1)
    assert batch.results[0].email and batch.results[1].error.message
    cancelled = call(client.emails.cancel, scheduled.id)
    assert cancelled.status == "cancelled" and cancelled.cancelled_at
    raises(ConflictError, client.emails.cancel, first.id)
    wait_for(lambda: call(client.emails.get, tracked.id).status == "delivered", "the delivery of the tracked e-mail")
    links = call(client.emails.list_links, tracked.id)
    assert [link.original_url for link in links] == ["https://example.com/offer?a=1"]
    assert call(client.emails.list_clicks, tracked.id) == []
    assert call(client.emails.list_clicks, tracked.id, link_id=links[0].link_id, include_bots=True, limit=10, offset=0) == []
    events = call(client.emails.list_events, first.id)
    assert events.total >= 1 and {e.event_type for e in events.events}
    call(client.emails.list_events, first.id, event_type=events.events[0].event_type, limit=1, offset=0)
    validation = call(client.emails.validate, "ada@people.example", check_mx=False)
    assert validation.email == "ada@people.example" and validation.checks and 0 <= validation.risk_score
    error = raises(APIError, client.emails.send, made["alias"], "no address", "x", "y")
    assert isinstance(error, ValidationError) and error.code and error.category == "validation", error
    raises(NotFoundError, client.emails.get, MISSING)
    assert len({e.id for e in iter_pages(client.emails.list, page_size=2, alias_id=made["alias"])}) >= 5


def inbound():
    messages = wait_for(lambda: call(client.inbound_emails.list, alias_id=INBOX_ALIAS), "the message that the runner sent")
    message = messages[0]
    assert message.attachment_count == 1 and message.subject == "With a file" and message.raw_email_uri
    made["inbound"], made["inbound_conversation"] = message.id, message.conversation_id
    call(client.inbound_emails.list)
    listed = call(
        client.inbound_emails.list, domain_id=message.domain_id, conversation_id=message.conversation_id,
        include_warmup=True, include_bounce=True, limit=5, offset=0,
    )
    assert [m.id for m in listed] == [message.id]
    detail = call(client.inbound_emails.get, message.id)
    assert detail.to_email and detail.headers[0].name and "Hello from outside" in detail.body_text
    assert [(c.email, c.name) for c in detail.cc_emails] == [("carol@people.example", "Carol")]
    raw = call(client.inbound_emails.download_raw, message.id)
    assert isinstance(raw, bytes) and b"With a file" in raw
    file = detail.attachments[0]
    assert call(client.inbound_emails.download_attachment, message.id, file.id) == b"%PDF-1.4 test"
    assert call(client.inbound_emails.download_attachment, message.id, "0") == b"%PDF-1.4 test"
    raises(NotFoundError, client.inbound_emails.download_attachment, message.id, "7")
    assert call(client.inbound_emails.mark_read, message.id) is None
    assert call(client.inbound_emails.mark_unread, message.id) is None


def tags():
    listed = call(client.tags.list)
    assert {t.name for t in listed if t.is_system} == {"Inbox", "Sent"}
    tag = call(client.tags.create, f"Hot {name}", description="d", type="tag", color="#ff0000", icon="fire", sort_order=2, is_pinned=True)
    folder = call(client.tags.create, f"Deals {name}", type="folder")
    assert call(client.tags.get, tag.id).color == "#ff0000"
    changed = call(client.tags.update, tag.id, name=f"Hotter {name}", description=None, is_visible=False)
    assert changed.description is None and changed.is_visible is False
    assert tag.id not in {t.id for t in call(client.tags.list)}
    assert tag.id in {t.id for t in call(client.tags.list, include_hidden=True)}
    message = made["inbound"]
    added = call(client.inbound_emails.add_tags, message, [tag.id], note="by hand")
    assert [(t.tag.id, t.tagged_by, t.note) for t in added] == [(tag.id, "user", "by hand")] and added[0].tagged_at
    assert len(call(client.inbound_emails.replace_tags, message, [tag.id, folder.id])) == 2
    assert len(call(client.inbound_emails.get_tags, message)) == 2
    for match in ("any", "all"):
        found = call(client.inbound_emails.list, tag_ids=[tag.id, folder.id], tag_match=match)
        assert [m.id for m in found] == [message] and len(found[0].tags) == 2
    assert call(client.tags.get, folder.id).email_count == 1
    assert call(client.inbound_emails.remove_tag, message, tag.id) is None
    assert call(client.inbound_emails.list, tag_ids=[tag.id, folder.id], tag_match="all") == []
    for one in (tag, folder):
        assert call(client.tags.delete, one.id) is None
    raises(NotFoundError, client.tags.get, tag.id)


def conversations():
    assert call(client.conversations.list)
    call(client.conversations.list, alias_id=INBOX_ALIAS)
    call(client.conversations.list, include_warmup=True)
    received = call(client.conversations.list, domain_id=None, direction="inbound", limit=10, offset=0)
    assert any(c.id == made["inbound_conversation"] for c in received)
    thread = call(client.conversations.get, made["inbound_conversation"])
    assert [m.direction for m in thread.messages] == ["inbound"] and thread.message_count == 1
    sent = call(client.conversations.get, made["conversation"])
    assert [m.direction for m in sent.messages] == ["outbound"]
    assert call(client.conversations.mark_read, thread.id) is None
    assert call(client.conversations.mark_unread, thread.id) is None
    page = call(client.inbox.list_threads, limit=1)
    assert len(page["threads"]) == 1 and page["next_cursor"]
    more = call(client.inbox.list_threads, limit=1, cursor=page["next_cursor"])
    assert more["threads"][0]["id"] != page["threads"][0]["id"]
    found = call(client.inbox.list_threads, q="outside carrots", alias_id=INBOX_ALIAS, direction="inbound", include_warmup=False)
    assert [t["id"] for t in found["threads"]] == [thread.id]
    assert call(client.inbox.get_thread, thread.id)["messages"]
    assert call(client.inbound_emails.delete, made["inbound"]) is None
    raises(NotFoundError, client.inbound_emails.get, made["inbound"])
    assert call(client.conversations.delete, made["conversation"]) is None
    raises(NotFoundError, client.conversations.get, made["conversation"])
    assert call(client.emails.get, made["email"]).conversation_id is None


def suppressions():
    entry = call(client.suppressions.create, f"never@{name}", "manual", source="crm", note="asked", metadata={"ticket": 7})
    assert entry.status == "active" and entry.metadata == {"ticket": 7} and entry.suppressed_at
    assert [s.id for s in call(client.suppressions.list, status="active", reason="manual", search=name, limit=5, offset=0)] == [entry.id]
    call(client.suppressions.list)
    raises(APIError, client.emails.send, made["alias"], f"never@{name}", "x", "y")
    released = call(client.suppressions.release, entry.id)
    assert released.status == "released" and released.released_at
    asked = call(client.suppressions.create, f"please-not@{name}", "unsubscribed")
    assert raises(ForbiddenError, client.suppressions.release, asked.id).code == "SESSION_REQUIRED"


def analytics():
    summary = call(client.analytics.deliverability_summary, range="24h", alias_id=made["alias"])
    assert summary.total_sent >= 2 and summary.delivery_rate == 1
    call(client.analytics.deliverability_summary)
    series = call(client.analytics.deliverability_timeseries, range="24h", bucket="hour", domain_id=made["domain"])
    assert sum(p.sent for p in series.points) >= 2 and series.points[0].bucket_start
    recent = call(client.analytics.deliverability_recent, limit=5)
    assert recent.rows and recent.rows[0].recipient


def webhooks():
    url = f"http://127.0.0.1:{HOOK_PORT}/webhooks"
    types = ["email.outbound.sent", "email.inbound.received", "webhook.test"]
    Hook.received.clear()
    hook = call(client.webhooks.create, url, types, description="all of it")
    assert not hook.is_active and not hook.is_verified and len(bytes.fromhex(hook.secret)) == 32

    def code():
        for body, _ in Hook.received:
            data = json.loads(body)
            found = data.get("verification_code") or data.get("data", {}).get("verification_code")
            if found:
                return found

    wait_for(code, "the verification code")
    assert any(w.id == hook.id for w in call(client.webhooks.list))
    assert call(client.webhooks.get, hook.id).consecutive_failures == 0
    Hook.received.clear()
    call(client.webhooks.resend_verification, hook.id)
    verified = call(client.webhooks.verify, hook.id, wait_for(code, "the second verification code"))
    assert verified.is_verified and verified.is_active
    changed = call(client.webhooks.update, hook.id, description=None, event_types=types, is_active=True)
    assert changed.description is None
    Hook.received.clear()
    assert call(client.webhooks.test, hook.id)["status"] == "test_event_enqueued"
    delivery = wait_for(lambda: next((d for d in Hook.received if b"webhook.test" in d[0]), None), "the test event")
    body, headers = delivery
    check = {"payload": body, "signature": headers["x-webhook-signature"], "timestamp": headers["x-webhook-timestamp"]}
    verify_webhook_signature(secret=hook.secret, **check)
    event = json.loads(body)
    assert event["event_id"] and event["event_type"] == "webhook.test" and event["timestamp"]
    secret = call(client.webhooks.rotate_secret, hook.id).secret
    assert len(bytes.fromhex(secret)) == 32 and secret != hook.secret
    assert call(client.webhooks.delete, hook.id) is None
    raises(NotFoundError, client.webhooks.get, hook.id)


def signatures():
    secret = "abcdef1234567890" * 4
    now = str(int(time.time()))
    sign = lambda stamp, body: hmac.new(bytes.fromhex(secret), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    good = sign(now, "{}")
    for signature, payload in ((good, "{}"), (f"sha256={good}", "{}"), (good, b"{}")):
        verify_webhook_signature(payload=payload, signature=signature, timestamp=now, secret=secret)
    stale = str(int(time.time()) - 600)
    verify_webhook_signature(payload="{}", signature=sign(stale, "{}"), timestamp=stale, secret=secret, tolerance=None)
    for signature, stamp in (("0" * 64, now), (sign(stale, "{}"), stale), (good, "yesterday")):
        try:
            verify_webhook_signature(payload="{}", signature=signature, timestamp=stamp, secret=secret)
        except WebhookVerificationError:
            continue
        raise AssertionError(f"{signature} at {stamp} passed")


def integrations():
    listed = call(IntegrationClient.list_integrations, BASE_URL)
    assert [(i.id, i.auth_mode) for i in listed] == [(INTEGRATION_ID, "hmac")]
    with IntegrationClient(integration_id=INTEGRATION_ID, integration_secret=INTEGRATION_SECRET, base_url=BASE_URL) as partner:
        first = call(partner.bootstrap_api_key, USER_ASSERTION, label="Example CRM")
        assert first.created and first.expires_at is None
        with Bavimail(api_key=first.api_key, base_url=BASE_URL) as theirs:
            assert call(theirs.domains.list) == []
        time.sleep(1.1)  # a signature is made of whole seconds and is good for one write
        again = call(partner.bootstrap_api_key, USER_ASSERTION)
        assert (again.created, again.api_key) == (False, first.api_key)
        hook = call(
            partner.create_webhook, USER_ASSERTION, f"http://127.0.0.1:{HOOK_PORT}/partner", ["email.outbound.sent"],
            description="partner", secret=INTEGRATION_SECRET,
        )
        assert hook.is_active and hook.is_verified and hook.secret == INTEGRATION_SECRET and hook.integration_id == INTEGRATION_ID
        assert [w.id for w in call(partner.list_webhooks, USER_ASSERTION)] == [hook.id]
        assert call(partner.delete_webhook, USER_ASSERTION, hook.id) is None
        assert call(partner.list_webhooks, USER_ASSERTION) == []
        assert call(partner.revoke_api_key, USER_ASSERTION).revoked is True
    with Bavimail(api_key=first.api_key, base_url=BASE_URL) as theirs:
        raises(AuthenticationError, theirs.domains.list)


def refusals():
    with Bavimail(api_key="bav_live_wrong", base_url=BASE_URL) as stranger:
        error = raises(AuthenticationError, stranger.domains.list)
        assert error.code == "UNAUTHORIZED" and error.request_id
    error = raises(ValidationError, client.inbound_emails.list, limit=0)
    assert error.context["details"], error.context


def asynchronous():
    async def run():
        async with Bavimail(api_key=API_KEY, base_url=BASE_URL) as own:
            domain = await call_async(own.domains.create_async, f"async-{name}", "AWS")
            assert domain.id in [d.id for d in await call_async(own.domains.list_async)]
            await call_async(own.domains.get_async, domain.id)
            await call_async(own.domains.get_setup_async, domain.id)
            await call_async(own.domains.get_dns_status_async, domain.id)
            await call_async(own.domains.verify_async, domain.id)
            await call_async(own.domains.update_async, domain.id, inbound_enabled=False)
            alias = await call_async(own.aliases.create_async, domain.id, "async")
            await call_async(own.aliases.list_async, domain_id=domain.id)
            email = await call_async(own.emails.send_async, alias.id, "ada+accept@people.example", "Async", "Hello")
            assert (await call_async(own.emails.get_async, email.id)).id == email.id
            assert [e.id async for e in iter_pages_async(own.emails.list_async, page_size=1, alias_id=alias.id)] == [email.id]
            await call_async(own.inbound_emails.list_async)
            await call_async(own.conversations.list_async)
            await call_async(own.tags.list_async)
            await call_async(own.suppressions.list_async)
            await call_async(own.analytics.deliverability_summary_async)
            other = await call_async(own.domains.create_async, f"async-gone-{name}", "AWS")
            await call_async(own.domains.delete_async, other.id)

    asyncio.run(run())


server = HTTPServer(("127.0.0.1", HOOK_PORT), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
for group in (
    domains, aliases, attachments, emails, inbound, tags, conversations, suppressions, analytics, webhooks, signatures,
    integrations, refusals, asynchronous,
):
    part(group)
client.close()
server.shutdown()
print(f"{calls} calls with bavimail {bavimail.__version__}; {len(failures)} groups failed{': ' + ', '.join(failures) if failures else ''}")
raise SystemExit(1 if failures else 0)

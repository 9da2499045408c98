// Generated from the migrated schema by `npm run generate`; never edited by hand.
import type { ColumnType, Generated } from 'kysely'

// biome-ignore lint/suspicious/noExplicitAny: what stands in a JSON column is known by the query that reads it.
type Json = ColumnType<any, string, string>
// biome-ignore lint/suspicious/noExplicitAny: as above.
type GeneratedJson = ColumnType<any, string | undefined, string>

export type Tables = {
  absent_domains: {
    domain: string
    first_absent_at: Date
    last_absent_at: Date
  }
  alerts: {
    alert_id: string
    workspace_id: string
    alert_type: string
    severity: string
    title: string
    message: string
    action_url: string | null
    metadata: GeneratedJson
    read_at: Date | null
    created_at: Date
  }
  aliases: {
    id: string
    workspace_id: string
    user_id: string
    domain_id: string
    alias: string
    full_email: string
    display_name: string | null
    signature_html: string | null
    signature_text: string | null
    warmup_token: string | null
    raw_mime_retention_enabled: Generated<boolean>
    daily_limit: Generated<number>
    ramp_start: number | null
    ramp_step: number | null
    ramp_started_on: string | null
    jitter_ratio: Generated<number>
    next_free_at: Date | null
    created_at: Date
    updated_at: Date
    mailbox_id: string | null
    deleted_at: Date | null
  }
  api_keys: {
    id: string
    workspace_id: string
    user_id: string
    name: string
    key_prefix: string
    key_hash: Buffer
    scopes: string[] | null
    expires_at: Date | null
    last_used_at: Date | null
    revoked_at: Date | null
    created_at: Date
  }
  approval_records: {
    record_id: string
    workspace_id: string
    campaign_id: string
    campaign_lead_id: string
    step: number
    kind: string
    approval_id: string
    reason: string | null
    detail: string | null
    statement: string | null
    signature: string | null
    contents: Json | null
    email: string | null
    user_id: string | null
    recorded_at: Date
    erased_at: Date | null
  }
  attachments: {
    id: string
    workspace_id: string
    user_id: string
    file_id: string
    filename: string
    mime_type: string
    size_bytes: number
    sha256: Buffer
    created_at: Date
    updated_at: Date
  }
  audit_entries: {
    id: string
    workspace_id: string
    user_id: string | null
    action: string
    subject: string | null
    note: string | null
    occurred_at: Date
  }
  auth_accounts: {
    id: string
    user_id: string
    account_id: string
    provider_id: string
    access_token: string | null
    refresh_token: string | null
    id_token: string | null
    access_token_expires_at: Date | null
    refresh_token_expires_at: Date | null
    scope: string | null
    password: string | null
    created_at: Date
    updated_at: Date
  }
  auth_jwks: {
    id: string
    public_key: string
    private_key: string
    created_at: Date
    expires_at: Date | null
  }
  auth_sessions: {
    id: string
    user_id: string
    token: string
    expires_at: Date
    ip_address: string | null
    user_agent: string | null
    created_at: Date
    updated_at: Date
  }
  auth_verifications: {
    id: string
    identifier: string
    value: string
    expires_at: Date
    created_at: Date
    updated_at: Date
  }
  campaign_drafts: {
    draft_id: string
    workspace_id: string
    campaign_id: string
    campaign_lead_id: string
    batch_id: string | null
    step: number
    variant_label: string
    prompt_version_hash: string | null
    status: string
    attempts: Generated<number>
    due_at: Date
    claim_id: string | null
    claimed_process: string | null
    claimed_at: Date | null
    hold_id: string | null
    subject_preview: string | null
    passed: boolean | null
    failure: string | null
    error: string | null
    created_at: Date
    completed_at: Date | null
    updated_at: Date
  }
  campaign_lead_counts: {
    campaign_id: string
    status: string
    leads: Generated<number>
  }
  campaign_leads: {
    campaign_lead_id: string
    workspace_id: string
    campaign_id: string
    dataset_row_id: string
    row_index: number
    status: string
    email: string | null
    email_domain: string | null
    receiving_provider: string | null
    linkedin_url: string | null
    lead_data: Json
    zone: string
    alias_id: string | null
    current_step: Generated<number>
    due_rank: Generated<number>
    variant_assignments: GeneratedJson
    approvals: GeneratedJson
    next_action_at: Date | null
    last_action_at: Date | null
    last_event: string | null
    stop_reason: string | null
    error: string | null
    created_at: Date
    updated_at: Date
    written: GeneratedJson
    text_state: string | null
    text_due_at: Date | null
  }
  campaign_link_counts: {
    campaign_id: string
    workspace_id: string
    step: number
    url: string
    total_clicks: Generated<number>
    unique_clicks: Generated<number>
    last_clicked_at: Date | null
  }
  campaign_step_counts: {
    workspace_id: string
    campaign_id: string
    step: number
    variant_label: string
    queued: Generated<number>
    in_flight: Generated<number>
    sent: Generated<number>
    delivered: Generated<number>
    opened: Generated<number>
    clicked: Generated<number>
    machine_opened: Generated<number>
    machine_clicked: Generated<number>
    replied: Generated<number>
    bounced: Generated<number>
    hard_bounced: Generated<number>
    complained: Generated<number>
    unsubscribed: Generated<number>
    failed: Generated<number>
    unknown: Generated<number>
    tracked: Generated<number>
    clicking_leads: Generated<number>
    first_sent_at: Date | null
    last_activity_at: Date | null
  }
  campaign_zones: {
    campaign_id: string
    zone: string
  }
  campaigns: {
    campaign_id: string
    workspace_id: string
    user_id: string
    dataset_id: string
    name: string
    description: string | null
    type: string
    status: string
    launch_type: string
    start_date: Date | null
    alias_ids: string[] | null
    connected_account_id: string | null
    daily_limit: number
    sending_window_start: string
    sending_window_end: string
    min_interval_seconds: number
    timezone: string
    use_lead_timezone: Generated<boolean>
    holiday_countries: string[] | null
    send_days: string[]
    steps_config: Json
    system_prompt: string | null
    unreviewed_launch_policy: Generated<string>
    allow_overlap: Generated<boolean>
    stop_company_on_reply: Generated<boolean>
    paused_reason: string | null
    paused_from: string | null
    playground_discovery_dismissed_at: Date | null
    total_leads: number | null
    launch_job_id: string | null
    launch_requested_at: Date | null
    launched_at: Date | null
    launch_error: string | null
    launch_cursor: number | null
    launch_summary: Json | null
    completed_at: Date | null
    created_at: Date
    updated_at: Date
  }
  chat_messages: {
    message_id: string
    workspace_id: string
    chat_id: string
    position: number
    role: string
    content: string
    metadata: Json | null
    created_at: Date
  }
  chats: {
    chat_id: string
    workspace_id: string
    user_id: string
    kind: string
    status: string
    state: Json
    message_count: Generated<number>
    turn_id: string | null
    turn_owner: string | null
    created_at: Date
    touched_at: Date
  }
  companies: {
    company_id: string
    workspace_id: string
    domain: string
    company_name: string | null
    search_text: string
    created_at: Date
    updated_at: Date
  }
  conversation_search: {
    conversation_id: string
    workspace_id: string
    words: string
  }
  conversation_tags: {
    workspace_id: string
    conversation_id: string
    tag_id: string
    tagged_at: Date
  }
  conversations: {
    id: string
    workspace_id: string
    user_id: string
    alias_id: string
    domain_id: string
    campaign_lead_id: string | null
    subject: string
    first_from_email: string | null
    first_to_email: string | null
    message_count: Generated<number>
    first_message_at: Date | null
    last_message_at: Date | null
    created_at: Date
    updated_at: Date
    inbound_count: Generated<number>
    unread_count: Generated<number>
    warmup_count: Generated<number>
    search_due: Generated<boolean>
    starred_at: Date | null
    place: string | null
    folder_id: string | null
    kind: string | null
    last_written_at: Date | null
    done_at: Date | null
    snoozed_until: Date | null
    outcome: string | null
    listed_at: Generated<Date>
  }
  credit_entries: {
    id: string
    workspace_id: string
    package_id: string | null
    hold_id: string | null
    kind: string
    operation_type: string | null
    credits: number
    description: string
    created_at: Date
  }
  credit_holds: {
    id: string
    workspace_id: string
    operation_type: string
    credits: number
    state: string
    captured_credits: number | null
    reference: string | null
    created_at: Date
    settled_at: Date | null
  }
  credit_packages: {
    package_id: string
    workspace_id: string
    name: string
    package_type: string
    total_credits: number
    used_credits: Generated<number>
    is_active: Generated<boolean>
    starts_at: Date
    expires_at: Date | null
  }
  dataset_changes: {
    job_id: string
    workspace_id: string
    dataset_id: string
    user_id: string | null
    kind: string
    request: Json
    status: string
    created_at: Date
    finished_at: Date | null
  }
  dataset_row_counts: {
    dataset_id: string
    block: number
    rows: number
  }
  dataset_rows: {
    id: string
    workspace_id: string
    dataset_id: string
    import_id: string | null
    row_index: number
    source_row: number | null
    email: string | null
    data: Json
    removed_at: Date | null
    linkedin_url: string | null
    person_id: string | null
  }
  datasets: {
    dataset_id: string
    workspace_id: string
    user_id: string
    dataset_name: string
    pipeline_type: string
    source_type: string
    session_id: string | null
    status: string
    row_count: Generated<number>
    columns: GeneratedJson
    column_mapping: GeneratedJson
    download_count: Generated<number>
    last_downloaded_at: Date | null
    archived_at: Date | null
    created_at: Date
    updated_at: Date
  }
  domain_keys: {
    id: string
    workspace_id: string
    domain_id: string
    selector: string
    algorithm: string
    public_key: string
    private_key: string | null
    state: string
    created_at: Date
    activated_at: Date | null
    retired_at: Date | null
  }
  draft_batches: {
    batch_id: string
    workspace_id: string
    campaign_id: string
    user_id: string | null
    step: number
    custom_prompt: string | null
    prompt_version_hash: string
    credits_per_draft: number
    hold_id: string | null
    created_at: Date
    cancelled_at: Date | null
    settled_at: Date | null
  }
  draft_contents: {
    draft_id: string
    workspace_id: string
    subject: string
    body: string
    facts: Json
    used_facts: Json
    commonality: Json | null
    quality: Json
    research: Json
    research_fingerprint: string | null
    model: string
    provider: string
    latency_ms: number
    use: Json
    prompt_source: string
    prompt_name: string | null
    prompt_snapshot: string
    lead_identity_fingerprint: string
    step_config_fingerprint: string
    edited_subject: string | null
    edited_body: string | null
    edited_quality: Json | null
    edited_by: string | null
    edited_at: Date | null
  }
  email_attachments: {
    email_id: string
    workspace_id: string
    position: number
    attachment_id: string
    is_inline: Generated<boolean>
    content_id: string | null
  }
  email_clicks: {
    id: string
    workspace_id: string
    email_id: string
    position: number
    clicked_at: Date
    user_agent: string | null
    ip_address: string | null
    referer: string | null
    device_type: string | null
    browser_name: string | null
    os_name: string | null
    is_first_click: Generated<boolean>
    is_bot: Generated<boolean>
    bot_reason: string | null
  }
  email_contents: {
    email_id: string
    workspace_id: string
    subject: string
    body_text: string
    body_html: string | null
    thread_references: string[] | null
  }
  email_links: {
    email_id: string
    workspace_id: string
    position: number
    original_url: string
    anchor_text: string | null
    click_count: Generated<number>
    machine_click_count: Generated<number>
    first_clicked_at: Date | null
    last_clicked_at: Date | null
  }
  email_recipients: {
    id: string
    workspace_id: string
    email_id: string
    alias_id: string
    position: number
    address: string
    kind: string
    receiving_provider: string
    status: string
    due_at: Date
    attempts: Generated<number>
    first_tried_at: Date | null
    counted_on: string | null
    claimed_at: Date | null
    claimed_by: string | null
    claimed_process: string | null
    delivered_at: Date | null
    bounced_at: Date | null
    bounce_kind: string | null
    bounce_reason: string | null
    failed_at: Date | null
    complained_at: Date | null
    unsubscribed_at: Date | null
    smtp_code: number | null
    smtp_enhanced: string | null
    smtp_text: string | null
    error_message: string | null
    cause: string | null
    advice: string | null
    created_at: Date
    updated_at: Date
  }
  emails: {
    id: string
    workspace_id: string
    user_id: string
    campaign_id: string | null
    campaign_lead_id: string | null
    step: number | null
    variant_label: string | null
    alias_id: string
    domain_id: string
    conversation_id: string | null
    from_email: string
    to_email: string
    receiving_provider: string
    status: string
    verdict: string | null
    due_at: Date
    attempts: Generated<number>
    claimed_at: Date | null
    claimed_by: string | null
    claimed_process: string | null
    message_id: string | null
    in_reply_to: string | null
    track_opens: Generated<boolean>
    track_clicks: Generated<boolean>
    sent_at: Date | null
    delivered_at: Date | null
    bounced_at: Date | null
    bounce_kind: string | null
    bounce_reason: string | null
    complained_at: Date | null
    unsubscribed_at: Date | null
    replied_at: Date | null
    failed_at: Date | null
    cancelled_at: Date | null
    first_opened_at: Date | null
    open_count: Generated<number>
    machine_open_count: Generated<number>
    first_clicked_at: Date | null
    last_clicked_at: Date | null
    click_count: Generated<number>
    machine_click_count: Generated<number>
    smtp_code: number | null
    smtp_enhanced: string | null
    smtp_text: string | null
    error_message: string | null
    created_at: Date
    updated_at: Date
    cause: string | null
    advice: string | null
    source: Generated<string>
    to_emails: string[] | null
    cc_emails: string[] | null
    bcc_emails: string[] | null
    reply_to: string | null
    headers: Json | null
    send_at: string | null
    send_at_timezone: string | null
    click_tracking_patterns: string[] | null
  }
  erasures: {
    erasure_id: string
    workspace_id: string
    requested_by: string | null
    job_id: string | null
    subject: string | null
    subject_hash: Buffer | null
    status: string
    note: string | null
    removed: GeneratedJson
    created_at: Date
    completed_at: Date | null
  }
  event_listeners: {
    workspace_id: string
    is_listening: Generated<boolean>
    stream_until: Date | null
    last_position: Generated<number>
  }
  event_outbox: {
    workspace_id: string
    id: number
    source: string
    event_type: string
    subject_id: string
    occurred_at: Date
    details: Json | null
    transaction_id: number | null
  }
  events: {
    event_id: string
    workspace_id: string
    campaign_id: string | null
    campaign_lead_id: string | null
    email_id: string | null
    event_type: string
    channel: Generated<string>
    step_index: number | null
    variant_label: string | null
    subject: string | null
    url: string | null
    metadata: GeneratedJson
    occurred_at: Date
  }
  external_identities: {
    issuer: string
    subject: string
    user_id: string
    created_at: Date
  }
  generation_inputs: {
    run_id: string
    workspace_id: string
    lead_index: number
    lead_data: Json
    sender_data: Json
  }
  generation_runs: {
    run_id: string
    workspace_id: string
    user_id: string | null
    kind: string
    status: string
    sender_profile_id: string | null
    prompt_source: string
    prompt_name: string | null
    prompt_version_hash: string
    sender_data: Json | null
    job_id: string | null
    client_run_id: string | null
    n_leads: number
    n_completed: Generated<number>
    n_failed: Generated<number>
    model_version: string | null
    error: string | null
    metadata: GeneratedJson
    credits_per_draft: number
    hold_id: string | null
    credits_used: number | null
    owner: string | null
    started_at: Date
    completed_at: Date | null
  }
  generations: {
    generation_id: string
    workspace_id: string
    run_id: string
    lead_index: number
    status: string
    lead_snapshot: Json
    dataset_id: string | null
    row_id: string | null
    subject: string | null
    body: string | null
    commonality: Json | null
    facts: Json | null
    used_facts: Json | null
    quality: Json | null
    research: Json | null
    research_fingerprint: string | null
    model: string | null
    provider: string | null
    latency_ms: number | null
    use: Json | null
    failure: string | null
    error: string | null
    generated_at: Date
  }
  google_accounts: {
    id: string
    workspace_id: string
    user_id: string
    google_email: string
    scopes: GeneratedJson
    status: string
    refresh_token: string | null
    access_token: string | null
    access_token_expires_at: Date | null
    version: Generated<number>
    renewing_until: Date | null
    last_error: string | null
    connected_at: Date
    updated_at: Date
  }
  google_authorizations: {
    state_digest: Buffer
    id: string
    workspace_id: string
    user_id: string
    code_verifier: string
    expires_at: Date
    created_at: Date
  }
  idempotency_keys: {
    scope: string
    key: string
    request_hash: Buffer
    state: string
    owner: string
    status: number | null
    headers: Json | null
    body: string | null
    resource_id: string | null
    created_at: Date
    expires_at: Date
  }
  import_changes: {
    import_id: string
    workspace_id: string
    seq: number
    source_row: number
    sheet_name: string | null
    action: string
    row_id: string | null
    dataset_id: string | null
    cells: Json | null
    issue_seq: number | null
    email: string | null
    kept: Json | null
  }
  import_issues: {
    import_id: string
    workspace_id: string
    seq: number
    source_row: number
    severity: string
    code: string
    message: string
    column_name: string | null
    row_values: string[] | null
    sheet_name: string | null
  }
  imports: {
    import_id: string
    workspace_id: string
    dataset_id: string | null
    session_id: string | null
    job_id: string | null
    file_id: string | null
    user_id: string | null
    status: string
    column_mapping: GeneratedJson
    dialect: Json | null
    rows_read: Generated<number>
    rows_imported: Generated<number>
    rows_rejected: Generated<number>
    rows_duplicate: Generated<number>
    rows_known: Generated<number>
    rows_without_email: Generated<number>
    error: string | null
    created_at: Date
    finished_at: Date | null
    undone_at: Date | null
    duplicates: Generated<string>
    duplicates_in: Generated<string>
    is_append: Generated<boolean>
    is_plan: Generated<boolean>
    columns: Json | null
    sheets: Json | null
    request: Json | null
    columns_added: GeneratedJson
    mapping_added: GeneratedJson
    rows_updated: Generated<number>
    rows_unchanged: Generated<number>
    plan_fingerprint: string | null
    plan_digest: string | null
    planned_at: Date | null
    undo_job_id: string | null
    values_restored: Generated<number>
    values_kept: Generated<number>
  }
  inbound_attachments: {
    id: string
    workspace_id: string
    inbound_email_id: string
    position: number
    filename: string | null
    mime_type: string
    size_bytes: number
    sha256: Buffer
    content_id: string | null
    is_inline: boolean
    file_id: string
  }
  inbound_deliveries: {
    id: string
    mail_from: string
    rcpt_to: string
    raw: Buffer
    remote_address: string | null
    helo: string | null
    received_at: Date
    processed_at: Date | null
    outcome: string | null
    alias_id: string | null
  }
  inbound_email_tags: {
    workspace_id: string
    inbound_email_id: string
    tag_id: string
    tagged_by: Generated<string>
    tagged_by_user: string | null
    tagged_at: Date
    note: string | null
  }
  inbound_emails: {
    id: string
    workspace_id: string
    user_id: string
    alias_id: string
    domain_id: string
    conversation_id: string | null
    email_id: string | null
    campaign_id: string | null
    campaign_lead_id: string | null
    kind: string
    matched_by: string | null
    from_email: string
    from_name: string | null
    to_email: string
    reply_to: string | null
    cc_emails: GeneratedJson
    subject: string
    body_text: string | null
    body_html: string | null
    reply_text: string | null
    quoted_text: string | null
    signature_text: string | null
    headers: GeneratedJson
    message_id: string | null
    in_reply_to: string | null
    thread_references: string[] | null
    attachments: GeneratedJson
    raw: Buffer | null
    raw_email_size: number
    verdicts: GeneratedJson
    details: GeneratedJson
    is_warmup: Generated<boolean>
    read_at: Date | null
    processing_error: string | null
    received_at: Date
    created_at: Date
    updated_at: Date
    raw_kept_since: Date | null
  }
  integration_keys: {
    integration_id: string
    user_id: string
    workspace_id: string
    api_key_id: string
    sealed_key: string
    created_at: Date
  }
  integration_requests: {
    signature_digest: Buffer
    seen_at: Date
  }
  invitations: {
    id: string
    workspace_id: string | null
    email: string
    role: string
    token_hash: Buffer
    invited_by: string | null
    expires_at: Date
    accepted_at: Date | null
    created_at: Date
  }
  jobs: {
    id: string
    workspace_id: string
    user_id: string | null
    kind: string
    subject_id: string | null
    status: Generated<string>
    progress_done: Generated<number>
    progress_total: number | null
    message: string | null
    result: Json | null
    error: string | null
    created_at: Date
    started_at: Date | null
    finished_at: Date | null
    updated_at: Date
    counts: Json | null
  }
  launch_warnings: {
    campaign_id: string
    workspace_id: string
    seq: number
    code: string
    message: string
    severity: string
    row_index: number | null
    step_index: number | null
    affected_rows: Generated<number>
    details: Json | null
  }
  mail_event_receipts: {
    workspace_id: string
    event_id: string
    event_type: string
    received_at: Date
  }
  mail_hour_counts: {
    workspace_id: string
    campaign_id: string
    domain_id: string
    hour: Date
    accepted: Generated<number>
    bounced: Generated<number>
    hard_bounced: Generated<number>
    complained: Generated<number>
  }
  mailbox_authorizations: {
    state_digest: Buffer
    id: string
    workspace_id: string
    user_id: string
    mailbox_id: string | null
    provider: string
    code_verifier: string
    settings: GeneratedJson
    expires_at: Date
    created_at: Date
  }
  mailbox_folders: {
    mailbox_id: string
    role: string
    path: string
    uid_validity: number
    last_uid: number
    highest_modseq: number | null
    seen_until: Date
  }
  mailbox_sent_copies: {
    email_id: string
    workspace_id: string
    mailbox_id: string
    message_id: string
    raw: Buffer
    attempts: Generated<number>
    due_at: Date
    last_error: string | null
    created_at: Date
  }
  mailbox_taken: {
    mailbox_id: string
    digest: Buffer
    taken_at: Date
  }
  mailboxes: {
    id: string
    workspace_id: string
    user_id: string
    email: string
    provider: string
    auth_kind: string
    smtp_host: string
    smtp_port: number
    smtp_security: string
    smtp_user: string
    imap_host: string
    imap_port: number
    imap_security: string
    imap_user: string
    credentials: string | null
    credentials_version: Generated<number>
    access_token: string | null
    access_token_expires_at: Date | null
    status: string
    last_error: string | null
    last_error_code: string | null
    last_error_at: Date | null
    sent_copies: Generated<string>
    sent_folder: string | null
    reads_junk: Generated<boolean>
    connected_at: Date
    last_synced_at: Date | null
    failures: Generated<number>
    next_attempt_at: Date
    next_sync_at: Date
    lease_id: string | null
    lease_process: string | null
    leased_until: Date | null
    created_at: Date
    updated_at: Date
  }
  model_calls: {
    id: string
    workspace_id: string
    purpose: string
    reference: string | null
    owner: string
    provider: string
    model: string
    attempt: number
    outcome: string
    failure: string | null
    status: number | null
    said: string | null
    input_tokens: number
    output_tokens: number
    cost_microusd: number | null
    latency_ms: number
    created_at: Date
  }
  mta_sts_policies: {
    domain: string
    policy_id: string
    mode: string
    mx: string[]
    fetched_at: Date
    expires_at: Date
  }
  named_prompts: {
    workspace_id: string
    profile_id: string
    name: string
    prompt: string
    created_at: Date
    updated_at: Date
  }
  people: {
    person_id: string
    workspace_id: string
    identity: string
    email: string | null
    linkedin_url: string | null
    full_name: string | null
    first_name: string | null
    last_name: string | null
    title: string | null
    company_name: string | null
    company_domain: string | null
    company_id: string | null
    phone: string | null
    country: string | null
    city: string | null
    row_count: Generated<number>
    search_text: Generated<string>
    words: Generated<string>
    created_at: Date
    updated_at: Date
  }
  people_due: {
    person_id: string
  }
  plans: {
    id: string
    name: string
    keys_allowed: boolean
    key_limit: number
    requests_per_minute: number
    unlimited_credits: boolean
  }
  processes: {
    id: string
    role: string
    hostname: string
    pid: number
    data_dir: string
    queue_worker_ids: Generated<string[]>
    started_at: Date
    heartbeat_at: Date
  }
  processing_sessions: {
    session_id: string
    workspace_id: string
    user_id: string
    session_type: string
    status: string
    sender_data: Json | null
    sender_profile_id: string | null
    dataset_id: string | null
    processed_count: Generated<number>
    failed_count: Generated<number>
    metadata: GeneratedJson
    created_at: Date
    updated_at: Date
  }
  prompt_versions: {
    workspace_id: string
    version_hash: string
    prompt: string
    created_at: Date
  }
  published_events: {
    event_id: string
    workspace_id: string
    position: number
    event_type: string
    occurred_at: Date
    published_at: Date
    body: string
  }
  rate_limit_windows: {
    key: string
    points: number
    expire: number | null
  }
  receiver_paces: {
    receiver: string
    concurrency: number
    interval_ms: number
    rest_until: Date | null
    rest_ms: number
    reason: string | null
    updated_at: Date
  }
  released_files: {
    sha256: Buffer
  }
  research_cache: {
    entry_id: string
    workspace_id: string
    source: string
    adapter: string
    subject: string
    email: string | null
    linkedin_url: string | null
    reading_id: string | null
    status: string | null
    summary: string | null
    meta: GeneratedJson
    facts: GeneratedJson
    fingerprint: string | null
    cached_at: Date | null
    expires_at: Date | null
    leased_by: string | null
    leased_until: Date | null
  }
  schema_migrations: {
    version: number
    name: string
  }
  send_counts: {
    workspace_id: string
    scope: string
    scope_key: string
    day: string
    used: Generated<number>
  }
  sender_profiles: {
    id: string
    workspace_id: string
    user_id: string
    profile_name: string
    sender_data: GeneratedJson
    description: string | null
    usage_count: Generated<number>
    is_default: Generated<boolean>
    created_at: Date
    updated_at: Date
  }
  sending_domains: {
    id: string
    workspace_id: string
    user_id: string
    domain: string
    is_sandbox: boolean
    status: string
    inbound_enabled: Generated<boolean>
    strip_tracking_on_read: Generated<boolean>
    extra_retained_headers: Json | null
    provider_key: Generated<string>
    provider_config: Json | null
    is_active: Generated<boolean>
    ownership_token: string
    daily_limit: number | null
    verified_at: Date | null
    last_verification_attempt: Date | null
    verification_error: string | null
    created_at: Date
    updated_at: Date
    mail_from_host: string | null
    mail_from_verified_at: Date | null
    mail_from_error: string | null
    tracking_host: string | null
    tracking_verified_at: Date | null
    mta_sts_mode: Generated<string>
    dkim_ed25519: Generated<boolean>
    dkim_generation: Generated<number>
    failing_since: Date | null
    next_check_at: Date | null
    dns_records: Json | null
    dns_checked_at: Date | null
    deleted_at: Date | null
    kind: Generated<string>
  }
  sending_health: {
    workspace_id: string
    scope: string
    scope_id: string
    band: string
    reasons: Generated<string[]>
    since: Date
    checked_at: Date
    lifted_until: Date | null
  }
  sending_health_due: {
    workspace_id: string
  }
  session_results: {
    session_id: string
    workspace_id: string
    row_id: string
    row_index: number
    status: string
    result: Json | null
    error: string | null
    processed_at: Date
  }
  session_run_rows: {
    job_id: string
    workspace_id: string
    row_id: string
  }
  session_runs: {
    job_id: string
    workspace_id: string
    session_id: string
    dataset_id: string
    status: string
    adapter: string
    leads_count: number
    processed_count: Generated<number>
    failed_count: Generated<number>
    done_index: Generated<number>
    batch_index: number | null
    last_index: number
    fill_empty_cells: boolean
    cells_filled: Generated<number>
    credits_per_lead: number
    hold_id: string | null
    started_at: Date
    finished_at: Date | null
    only_rows: Generated<boolean>
  }
  sheet_sync_rows: {
    sync_id: string
    workspace_id: string
    tab_id: number
    key_digest: Buffer
    cells: Buffer
    row_id: string | null
  }
  sheet_syncs: {
    sync_id: string
    workspace_id: string
    dataset_id: string
    sheet_id: string
    user_id: string
    title: string
    tab_names: Json | null
    header_row: number
    key_column: string | null
    duplicates: string
    missing_rows: string
    every_minutes: number | null
    due_at: Date | null
    salt: Buffer
    last_synced_at: Date | null
    last_result: Json | null
    last_error: string | null
    failures: Generated<number>
    created_at: Date
    updated_at: Date
  }
  stored_files: {
    id: string
    workspace_id: string
    filename: string
    sha256: Buffer
    size_bytes: number
    created_at: Date
  }
  suppressions: {
    entry_id: string
    workspace_id: string
    kind: Generated<string>
    email: string | null
    hash: Buffer | null
    reason: string
    source: string | null
    campaign_id: string | null
    note: string | null
    created_by: string | null
    created_at: Date
    released_at: Date | null
    released_by: string | null
    released_note: string | null
    metadata: Json | null
  }
  tags: {
    id: string
    workspace_id: string
    user_id: string | null
    name: string
    type: string
    description: string | null
    color: string | null
    icon: string | null
    sort_order: Generated<number>
    is_pinned: Generated<boolean>
    is_visible: Generated<boolean>
    system_name: string | null
    created_at: Date
    updated_at: Date
  }
  templates: {
    template_id: string
    workspace_id: string
    user_id: string
    name: string
    subject: string
    body: string
    body_text: string | null
    created_at: Date
    updated_at: Date
  }
  user_extractions: {
    extraction_id: string
    workspace_id: string
    user_id: string
    title: string
    source: string
    leads_count: number
    columns: GeneratedJson
    sheets: Json | null
    sample: GeneratedJson
    metadata: GeneratedJson
    session_id: string | null
    file_id: string
    sha256: Buffer
    file_size_bytes: number
    created_at: Date
    updated_at: Date
  }
  users: {
    id: string
    name: string
    email: string
    email_verified: Generated<boolean>
    image: string | null
    role: Generated<string>
    welcome_sent_at: Date | null
    created_at: Date
    updated_at: Date
  }
  web_hosts: {
    origin: string
    busy_by: string | null
    busy_until: Date | null
    next_at: Date
    robots: Json | null
    robots_until: Date | null
    seen_at: Date
  }
  webhook_attempts: {
    delivery_id: string
    attempt: number
    attempted_at: Date
    duration_ms: number
    response_status: number | null
    response_body: string | null
    error: string | null
  }
  webhook_day_counts: {
    endpoint_id: string
    day: string
    attempts: Generated<number>
    delivered: Generated<number>
    failed_attempts: Generated<number>
    dead: Generated<number>
    duration_ms: Generated<number>
  }
  webhook_deliveries: {
    id: string
    workspace_id: string
    endpoint_id: string
    event_id: string
    event_type: string
    kind: string
    replay_of: string | null
    replay_job: string | null
    body: string | null
    status: Generated<string>
    attempts: Generated<number>
    due_at: Date
    claim_id: string | null
    last_attempt_at: Date | null
    response_status: number | null
    duration_ms: number | null
    error: string | null
    finished_at: Date | null
    created_at: Date
  }
  webhook_endpoints: {
    id: string
    workspace_id: string
    user_id: string
    integration_id: string | null
    is_internal: Generated<boolean>
    url: string
    description: string | null
    event_types: string[]
    secret: string
    previous_secret: string | null
    previous_secret_until: Date | null
    is_verified: Generated<boolean>
    is_active: Generated<boolean>
    verified_at: Date | null
    verification_code: string | null
    verification_sent_at: Date | null
    consecutive_failures: Generated<number>
    failing_since: Date | null
    disabled_at: Date | null
    disabled_reason: string | null
    last_success_at: Date | null
    last_failure_at: Date | null
    created_at: Date
    updated_at: Date
  }
  webhook_replays: {
    job_id: string
    workspace_id: string
    endpoint_id: string
    published_from: Date
    published_to: Date
    only_undelivered: boolean
    event_types: string[] | null
    cursor_at: Date | null
    cursor_id: string | null
  }
  workspace_delivery: {
    workspace_id: string
    delivery: string
    relay_host: string | null
    relay_port: number | null
    relay_security: string | null
    relay_user: string | null
    relay_password: string | null
    updated_at: Date
  }
  workspace_members: {
    workspace_id: string
    user_id: string
    role: string
    created_at: Date
  }
  workspace_models: {
    id: string
    workspace_id: string
    position: number
    provider: string
    base_url: string | null
    model: string
    api_key: string | null
    input_price_microusd: number | null
    output_price_microusd: number | null
    timeout_ms: number
    concurrency: number
    max_output_tokens: number
    created_at: Date
    updated_at: Date
  }
  workspaces: {
    id: string
    name: string
    mode: string
    plan: Generated<string>
    timezone: Generated<string>
    postal_address: string | null
    provider_daily_limits: GeneratedJson
    clock_offset_ms: Generated<number>
    clock_frozen_at: Date | null
    created_by: string | null
    personal_of: string | null
    created_at: Date
    updated_at: Date
  }
  world_deferrals: {
    workspace_id: string
    recipient: string
    first_try_at: Date
  }
  world_reactions: {
    id: string
    workspace_id: string
    due_at: Date
    kind: string
    payload: Json
    done_at: Date | null
    created_at: Date
  }
}

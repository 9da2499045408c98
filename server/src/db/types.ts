// Generated from the migrated schema by `npm run generate`; never edited by hand.
import type { ColumnType, Generated } from 'kysely'

// biome-ignore lint/suspicious/noExplicitAny: what stands in a JSON column is known by the query that reads it.
type Json = ColumnType<any, string, string>
// biome-ignore lint/suspicious/noExplicitAny: as above.
type GeneratedJson = ColumnType<any, string | undefined, string>

export type Tables = {
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
  }
  imports: {
    import_id: string
    workspace_id: string
    dataset_id: string
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
  named_prompts: {
    workspace_id: string
    profile_id: string
    name: string
    prompt: string
    created_at: Date
    updated_at: Date
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
  published_events: {
    event_id: string
    workspace_id: string
    event_type: string
    data: Json
    occurred_at: Date
  }
  rate_limit_windows: {
    key: string
    points: number
    expire: number | null
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
    dkim_selector: string
    dkim_public_key: string
    dkim_private_key: string
    daily_limit: number | null
    verified_at: Date | null
    last_verification_attempt: Date | null
    verification_error: string | null
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
  workspace_members: {
    workspace_id: string
    user_id: string
    role: string
    created_at: Date
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

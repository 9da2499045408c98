// Generated from openapi.json by sdk/generate.ts. Do not edit.
import type { Call, CallOptions, ServerEvent } from '../client.ts'
import type {
  AccountOptions,
  ActionResult,
  AddLeadsRequest,
  AddLeadsResponse,
  ApiKeyCreateRequest,
  ApiKeyCreated,
  ApiKeyList,
  ApprovalProof,
  ApprovalRecordList,
  ApprovalVerdict,
  ApprovalVerifyRequest,
  ApproveByRuleRequest,
  ApproveByRuleResult,
  AuthenticatedUser,
  BatchPreviewRequest,
  BavimailAlias,
  BavimailAliasCreate,
  BavimailAliasUpdate,
  BavimailConversation,
  BavimailConversationSummary,
  BavimailDnsStatus,
  BavimailDomain,
  BavimailDomainCreate,
  BavimailDomainSetup,
  BavimailDomainUpdate,
  BavimailDomainVerifyResponse,
  BavimailEmail,
  BavimailEmailClicksResponse,
  BavimailInboundEmail,
  BavimailInboundEmailSummary,
  BavimailSendEmailRequest,
  BavimailTrackedLink,
  BavimailWebhookEvent,
  BavimailWebhookRegistrationResponse,
  BulkDeleteExtractionsRequest,
  BulkDeleteExtractionsResponse,
  Campaign,
  CampaignAggregateStats,
  CampaignClickStats,
  CampaignCreateRequest,
  CampaignLead,
  CampaignLeadDetail,
  CampaignLeadEvents,
  CampaignLeadList,
  CampaignLeadStatus,
  CampaignList,
  CampaignPersonalizeRequest,
  CampaignPersonalizeResponse,
  CampaignStats,
  CampaignStatus,
  CampaignStepPerformance,
  CampaignUpdateRequest,
  Capabilities,
  ClockAdvance,
  ClockAdvanceRequest,
  Company,
  CompanyList,
  CreditBalanceResponse,
  DatasetArchiveResponse,
  DatasetChange,
  DatasetColumnAddRequest,
  DatasetColumnOrderRequest,
  DatasetColumnRemoveRequest,
  DatasetColumnUpdateRequest,
  DatasetCopyRequest,
  DatasetImportResponse,
  DatasetListResponse,
  DatasetMergeRequest,
  DatasetRow,
  DatasetRowAddRequest,
  DatasetRowAddResponse,
  DatasetRowListResponse,
  DatasetRowUpdateRequest,
  DatasetRowsRemoveRequest,
  DatasetRowsRestoreRequest,
  DatasetRowsUpdateRequest,
  DatasetSplitRequest,
  DatasetSummary,
  DatasetUpdateRequest,
  DefaultPromptResponse,
  DraftEditRequest,
  EffectivePromptResponse,
  EnrichmentChatRequest,
  EnrichmentChatResponse,
  EnrichmentChatStatus,
  EnrichmentFileAck,
  EnrichmentFileData,
  EnrichmentFileInfo,
  EnrichmentJobStatus,
  Erasure,
  ErasureList,
  ErasureRequest,
  ExcelPreviewResponse,
  ExtractionDeleteResponse,
  ExtractionProcessRequest,
  ExtractionProcessResponse,
  ExtractionRenameRequest,
  ExtractionRenameResponse,
  ExtractionSessionResponse,
  FilePreviewResponse,
  GoogleAccessToken,
  GoogleCallbackRequest,
  GoogleLoginResponse,
  GoogleOAuthStatus,
  GooglePickerConfig,
  GoogleStartRequest,
  GoogleStarted,
  GrantSheetAccessResponse,
  HealthResponse,
  Import,
  ImportChangeList,
  ImportListResponse,
  ImportPlanResult,
  ImportSheetRequest,
  ImportSheetResponse,
  ImportUndoResult,
  InboxAnswer,
  InboxCounts,
  InboxMessageImages,
  InboxOutcome,
  InboxThreadDetail,
  InboxThreadKind,
  InboxThreadList,
  InboxThreadUpdate,
  InboxThreadsUpdate,
  InboxThreadsUpdated,
  InboxView,
  InvitationAcceptRequest,
  InvitationAccepted,
  InvitationCreate,
  InvitationCreated,
  InvitationList,
  Job,
  LaunchPreflight,
  LaunchResult,
  LaunchWarnings,
  LeadApprovalState,
  LeadApproveRequest,
  LeadExplanation,
  LeadResetRequest,
  LeadStopRequest,
  LeadTextState,
  LeadUnapproveRequest,
  LiftBlockRequest,
  LogInRequest,
  LoggedIn,
  MailAddressRisk,
  MailAttachmentBulkDeleted,
  MailAttachmentFile,
  MailAttachmentPage,
  MailAttachmentsUploaded,
  MailBatchRequest,
  MailBatchResult,
  MailBootstrappedKey,
  MailDeliverabilityRecent,
  MailDeliverabilitySummary,
  MailDeliverabilityTimeseries,
  MailDeliveryTest,
  MailDeliveryTestRequest,
  MailDomain,
  MailDomainOwnership,
  MailDomainSetupRecords,
  MailDomainSetupStatus,
  MailEmailEvents,
  MailEmailTag,
  MailEmailTracking,
  MailEventFeed,
  MailInboundEmail,
  MailInboundEmailSummary,
  MailInboundPage,
  MailInbox,
  MailInboxCreate,
  MailInboxUpdate,
  MailIntegration,
  MailIntegrationWebhookCreate,
  MailKeyBootstrap,
  MailKeyRevoked,
  MailLabel,
  MailLabelCreate,
  MailLabelUpdate,
  MailLabels,
  MailMailboxThread,
  MailMailboxThreadDetail,
  MailMailboxThreads,
  MailMessageTags,
  MailOutboundBatchRequest,
  MailOutboundBatchResult,
  MailOutboundEmail,
  MailOutboundPage,
  MailOutboundRequest,
  MailOutboundStatus,
  MailOutboundSummary,
  MailOutboundTimeseries,
  MailReputation,
  MailSuppressedAddress,
  MailSuppression,
  MailSuppressionCreate,
  MailSuppressionPage,
  MailSuppressionRelease,
  MailTag,
  MailTagCreate,
  MailTagUpdate,
  MailThreadAttachments,
  MailThreadDetail,
  MailThreadList,
  MailThreadUpdate,
  MailTrackingDomain,
  MailTrackingDomainCreate,
  MailUserAssertion,
  MailWarmupToken,
  MailWebhook,
  MailWebhookCreate,
  MailWebhookCreated,
  MailWebhookPage,
  MailWebhookPut,
  MailWebhookSecret,
  MailWebhookUpdate,
  Mailbox,
  MailboxAuthorization,
  MailboxAuthorize,
  MailboxConnect,
  MailboxList,
  MailboxReconnect,
  MailboxTest,
  MailboxUpdate,
  Member,
  MemberList,
  MemberUpdate,
  ModelUsage,
  NamedPrompt,
  NamedPromptCreateRequest,
  NamedPromptList,
  NamedPromptUpdateRequest,
  Overview,
  PasswordResetAccepted,
  PasswordResetConfirm,
  PasswordResetRequest,
  PersonDetail,
  PersonList,
  PersonalizeBulkRequest,
  PersonalizeJobResponse,
  PersonalizeJobStatus,
  PersonalizeRequest,
  PersonalizeResult,
  PickerDatasetsResponse,
  PlaygroundBatches,
  PlaygroundCancelRequest,
  PlaygroundCancelResponse,
  PlaygroundDraft,
  PlaygroundDrafts,
  PlaygroundGenerateRequest,
  PlaygroundGenerateResponse,
  PlaygroundStatus,
  PreviewRequest,
  PreviewResponse,
  ProcessFileRequest,
  ProcessFileResponse,
  ProfileChatCancelled,
  ProfileChatMessage,
  ProfileChatRequest,
  ProfileChatResponse,
  ReadinessResponse,
  RefreshRequest,
  RunDetailResponse,
  RunLeadsResponse,
  RunListResponse,
  SavePromptRequest,
  SavePromptResponse,
  SenderDataUpdateRequest,
  SenderDataUpdateResponse,
  SenderProfile,
  SenderProfileCreateRequest,
  SenderProfileUpdateRequest,
  SendingHealth,
  SessionCancelResponse,
  SessionCreateRequest,
  SessionCreateResponse,
  SessionDeleteResponse,
  SessionJobStatus,
  SessionProcessRequest,
  SessionProcessResponse,
  SessionResultsResponse,
  SessionStatus,
  SessionUploadResponse,
  SheetAccessRequest,
  SheetInfo,
  SheetListResponse,
  SheetSyncListResponse,
  SignUpRequest,
  SignedUp,
  StatusOk,
  SuppressionCreateRequest,
  SuppressionEntry,
  SuppressionImportResult,
  SuppressionLiftRequest,
  SuppressionList,
  SyncSheetRequest,
  SyncSheetResponse,
  SystemStatusResponse,
  Template,
  TemplateCreateRequest,
  TemplateList,
  TemplatePreview,
  TemplateUpdateRequest,
  TextPreview,
  TextPreviewRequest,
  Tokens,
  UserAlert,
  UserAlertListResponse,
  UserExtraction,
  UserExtractionDetail,
  UserExtractionListResponse,
  VerifySheetAccessResponse,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryList,
  WebhookEndpoint,
  WebhookEndpointCounts,
  WebhookEndpointCreate,
  WebhookEndpointCreated,
  WebhookEndpointList,
  WebhookEndpointSecret,
  WebhookEndpointUpdate,
  WebhookEventTypeList,
  WebhookReplayRequest,
  WebhookReplayStarted,
  WebhookTestEnqueued,
  WebhookVerifyRequest,
  WelcomeEmailResult,
  Workspace,
  WorkspaceClock,
  WorkspaceCreate,
  WorkspaceList,
  WorkspaceModelList,
  WorkspaceModelTest,
  WorkspaceModelsReplace,
  WorkspaceSettings,
  WorkspaceSettingsUpdate,
} from './types.ts'

/**
 * Container liveness.
 *
 * Says that the process runs; touches nothing.
 */
export const rootHealthCheck = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<HealthResponse> =>
  call({ method: 'GET', path: '/health', answer: 'json' }, input, options)

/**
 * Liveness.
 *
 * Says that the process runs; touches nothing.
 */
export const healthCheck = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<HealthResponse> =>
  call({ method: 'GET', path: '/api/v1/health', answer: 'json' }, input, options)

/**
 * Readiness.
 *
 * Whether database, queue and mail can be used; 503 while one cannot.
 */
export const readinessCheck = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<ReadinessResponse> =>
  call({ method: 'GET', path: '/api/v1/ready', answer: 'json' }, input, options)

/**
 * Status of all components.
 *
 * 200 while healthy or degraded but usable, 503 when a critical part is down. The doubled prefix is real.
 */
export const systemStatus = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<SystemStatusResponse> =>
  call({ method: 'GET', path: '/api/v1/api/v1/status', answer: 'json' }, input, options)

/**
 * Feature flags.
 *
 * What this instance can do. Cheap; a client reads it on start and when its window comes back.
 */
export const getCapabilities = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<Capabilities> =>
  call({ method: 'GET', path: '/api/v1/capabilities', answer: 'json' }, input, options)

export type GetOverviewInput = {
  /** Calendar days of the workspace’s zone, the present one last. */
  days?: number | undefined
}
/**
 * What waits for a person, what went out and what came back.
 *
 * Figures of messages belong to the day on which they left, whenever what is counted about them happened; answers to the day on which they came.
 */
export const getOverview = (call: Call, input?: GetOverviewInput, options?: CallOptions): Promise<Overview> =>
  call({ method: 'GET', path: '/api/v1/overview', query: ['days'], answer: 'json' }, input, options)

/**
 * Verify the credential.
 *
 * Who the bearer credential speaks for; 401 when it is missing or not valid.
 */
export const verifyToken = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<AuthenticatedUser> =>
  call({ method: 'GET', path: '/api/v1/auth/verify', answer: 'json' }, input, options)

/** Current user. */
export const getCurrentUser = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<AuthenticatedUser> =>
  call({ method: 'GET', path: '/api/v1/auth/me', answer: 'json' }, input, options)

/**
 * Send the welcome e-mail.
 *
 * Once per user: later calls answer already_sent and send nothing. 503 while system mail is not configured.
 */
export const sendWelcomeEmail = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<WelcomeEmailResult> =>
  call({ method: 'POST', path: '/api/v1/auth/welcome-email', answer: 'json' }, input, options)

/**
 * Ways to get in.
 *
 * What a page of log-in shows: who may make an account, and which other ways there are.
 */
export const getAccountOptions = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<AccountOptions> =>
  call({ method: 'GET', path: '/api/v1/account/options', answer: 'json' }, input, options)

export type SignUpInput = {
  body: SignUpRequest
}
/**
 * Make an account.
 *
 * Makes the account, its personal workspace and a session. Who may is the setting SIGNUP. Public: it reads no Idempotency-Key.
 */
export const signUp = (call: Call, input: SignUpInput, options?: CallOptions): Promise<SignedUp> =>
  call({ method: 'POST', path: '/api/v1/account/signup', body: 'json', answer: 'json' }, input, options)

export type LogInInput = {
  body: LogInRequest
}
/**
 * Log in.
 *
 * Opens a session. A wrong address and a wrong password answer the same. Public: it reads no Idempotency-Key.
 */
export const logIn = (call: Call, input: LogInInput, options?: CallOptions): Promise<LoggedIn> =>
  call({ method: 'POST', path: '/api/v1/account/login', body: 'json', answer: 'json' }, input, options)

export type RefreshSessionInput = {
  body: RefreshRequest
}
/**
 * Get a new access token.
 *
 * The session lives 30 days after its last use. Public: it reads no Idempotency-Key.
 */
export const refreshSession = (call: Call, input: RefreshSessionInput, options?: CallOptions): Promise<Tokens> =>
  call({ method: 'POST', path: '/api/v1/account/refresh', body: 'json', answer: 'json' }, input, options)

/**
 * Log out.
 *
 * Ends the session of the token that makes this call. A session of an outside issuer ends there.
 */
export const logOut = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/api/v1/account/logout', answer: 'none' }, input, options)

export type RequestPasswordResetInput = {
  body: PasswordResetRequest
}
/**
 * Ask for a letter to set a new password.
 *
 * Answers the same whether or not there is such an account. Public: it reads no Idempotency-Key.
 */
export const requestPasswordReset = (call: Call, input: RequestPasswordResetInput, options?: CallOptions): Promise<PasswordResetAccepted> =>
  call({ method: 'POST', path: '/api/v1/account/password-reset', body: 'json', answer: 'json' }, input, options)

export type ConfirmPasswordResetInput = {
  body: PasswordResetConfirm
}
/**
 * Set a new password with the token of the letter.
 *
 * Ends every session of the account. The token works once, for an hour. Public: it reads no Idempotency-Key.
 */
export const confirmPasswordReset = (call: Call, input: ConfirmPasswordResetInput, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/api/v1/account/password-reset/confirm', body: 'json', answer: 'none' }, input, options)

export type StartGoogleLoginInput = {
  body: GoogleStartRequest
}
/**
 * Begin a log-in with Google.
 *
 * Send the browser to authorization_url; Google sends it to redirect_uri with code and state, which go to the callback operation. Public: it reads no Idempotency-Key.
 */
export const startGoogleLogin = (call: Call, input: StartGoogleLoginInput, options?: CallOptions): Promise<GoogleStarted> =>
  call({ method: 'POST', path: '/api/v1/account/google/start', body: 'json', answer: 'json' }, input, options)

export type FinishGoogleLoginInput = {
  body: GoogleCallbackRequest
}
/**
 * Finish a log-in with Google.
 *
 * Opens a session; a first log-in makes the account if this instance takes it. An account is never joined to another by e-mail address. Public: it reads no Idempotency-Key.
 */
export const finishGoogleLogin = (call: Call, input: FinishGoogleLoginInput, options?: CallOptions): Promise<LoggedIn> =>
  call({ method: 'POST', path: '/api/v1/account/google/callback', body: 'json', answer: 'json' }, input, options)

export type AcceptInvitationInput = {
  body: InvitationAcceptRequest
}
/**
 * Accept an invitation.
 *
 * The logged-in user joins the workspace. Somebody without an account passes the token to sign-up instead.
 */
export const acceptInvitation = (call: Call, input: AcceptInvitationInput, options?: CallOptions): Promise<InvitationAccepted> =>
  call({ method: 'POST', path: '/api/v1/account/invitations/accept', body: 'json', answer: 'json' }, input, options)

/**
 * List my workspaces.
 *
 * Those the user is a member of, the personal one first. A key sees its own only.
 */
export const listWorkspaces = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<WorkspaceList> =>
  call({ method: 'GET', path: '/api/v1/workspaces', answer: 'json' }, input, options)

export type CreateWorkspaceInput = {
  body: WorkspaceCreate
}
/**
 * Create a workspace.
 *
 * The caller becomes its owner. The mode never changes afterwards.
 */
export const createWorkspace = (call: Call, input: CreateWorkspaceInput, options?: CallOptions): Promise<Workspace> =>
  call({ method: 'POST', path: '/api/v1/workspaces', body: 'json', answer: 'json' }, input, options)

export type GetWorkspaceInput = {
  workspace_id: string
}
/** Get a workspace. */
export const getWorkspace = (call: Call, input: GetWorkspaceInput, options?: CallOptions): Promise<Workspace> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}', answer: 'json' }, input, options)

export type GetWorkspaceSettingsInput = {
  workspace_id: string
}
/** Get the settings of a workspace. */
export const getWorkspaceSettings = (call: Call, input: GetWorkspaceSettingsInput, options?: CallOptions): Promise<WorkspaceSettings> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}/settings', answer: 'json' }, input, options)

export type UpdateWorkspaceSettingsInput = {
  workspace_id: string
  body: WorkspaceSettingsUpdate
}
/**
 * Change the settings of a workspace.
 *
 * A relay for its mail is logged in to before anything is stored.
 */
export const updateWorkspaceSettings = (call: Call, input: UpdateWorkspaceSettingsInput, options?: CallOptions): Promise<WorkspaceSettings> =>
  call({ method: 'PATCH', path: '/api/v1/workspaces/{workspace_id}/settings', body: 'json', answer: 'json' }, input, options)

export type TestMailDeliveryInput = {
  workspace_id: string
  body?: MailDeliveryTestRequest
}
/**
 * Try the relay of a workspace.
 *
 * Logs in at the relay that is given, or at the stored one, and reports what happened. Nothing is stored or sent.
 */
export const testMailDelivery = (call: Call, input: TestMailDeliveryInput, options?: CallOptions): Promise<MailDeliveryTest> =>
  call({ method: 'POST', path: '/api/v1/workspaces/{workspace_id}/mail-delivery/test', body: 'json', answer: 'json' }, input, options)

export type ListMembersInput = {
  workspace_id: string
}
/** List the members of a workspace. */
export const listMembers = (call: Call, input: ListMembersInput, options?: CallOptions): Promise<MemberList> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}/members', answer: 'json' }, input, options)

export type UpdateMemberInput = {
  workspace_id: string
  user_id: string
  body: MemberUpdate
}
/** Change the role of a member. */
export const updateMember = (call: Call, input: UpdateMemberInput, options?: CallOptions): Promise<Member> =>
  call({ method: 'PATCH', path: '/api/v1/workspaces/{workspace_id}/members/{user_id}', body: 'json', answer: 'json' }, input, options)

export type RemoveMemberInput = {
  workspace_id: string
  user_id: string
}
/**
 * Remove a member, or leave.
 *
 * Their keys of this workspace stop working.
 */
export const removeMember = (call: Call, input: RemoveMemberInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/workspaces/{workspace_id}/members/{user_id}', answer: 'none' }, input, options)

export type ListInvitationsInput = {
  workspace_id: string
}
/** List open invitations. */
export const listInvitations = (call: Call, input: ListInvitationsInput, options?: CallOptions): Promise<InvitationList> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}/invitations', answer: 'json' }, input, options)

export type CreateInvitationInput = {
  workspace_id: string
  body: InvitationCreate
}
/**
 * Invite somebody.
 *
 * Sends a letter with a link that is good for seven days; without system mail the answer holds the token instead. An earlier open invitation of the address is replaced.
 */
export const createInvitation = (call: Call, input: CreateInvitationInput, options?: CallOptions): Promise<InvitationCreated> =>
  call({ method: 'POST', path: '/api/v1/workspaces/{workspace_id}/invitations', body: 'json', answer: 'json' }, input, options)

export type DeleteInvitationInput = {
  workspace_id: string
  invitation_id: string
}
/** Take an invitation back. */
export const deleteInvitation = (call: Call, input: DeleteInvitationInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/workspaces/{workspace_id}/invitations/{invitation_id}', answer: 'none' }, input, options)

export type ListWorkspaceModelsInput = {
  workspace_id: string
}
/**
 * List the language models of a workspace.
 *
 * In the order in which they are asked, without their keys, and who writes now.
 */
export const listWorkspaceModels = (call: Call, input: ListWorkspaceModelsInput, options?: CallOptions): Promise<WorkspaceModelList> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}/models', answer: 'json' }, input, options)

export type ReplaceWorkspaceModelsInput = {
  workspace_id: string
  body: WorkspaceModelsReplace
}
/**
 * Set the language models of a workspace.
 *
 * All of them in their order. Keys are stored sealed and never shown. With models of its own a workspace is never written for by those of the instance.
 */
export const replaceWorkspaceModels = (call: Call, input: ReplaceWorkspaceModelsInput, options?: CallOptions): Promise<WorkspaceModelList> =>
  call({ method: 'PUT', path: '/api/v1/workspaces/{workspace_id}/models', body: 'json', answer: 'json' }, input, options)

export type DeleteWorkspaceModelInput = {
  workspace_id: string
  model_id: string
}
/** Delete a language model of a workspace, with its key. */
export const deleteWorkspaceModel = (call: Call, input: DeleteWorkspaceModelInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/workspaces/{workspace_id}/models/{model_id}', answer: 'none' }, input, options)

export type TestWorkspaceModelInput = {
  workspace_id: string
  model_id: string
}
/**
 * Try a language model of a workspace.
 *
 * Has it write one message about nobody, without retries, and reports how that went. It costs a real request.
 */
export const testWorkspaceModel = (call: Call, input: TestWorkspaceModelInput, options?: CallOptions): Promise<WorkspaceModelTest> =>
  call({ method: 'POST', path: '/api/v1/workspaces/{workspace_id}/models/{model_id}/test', answer: 'json' }, input, options)

export type GetModelUsageInput = {
  workspace_id: string
  /** First day, in the workspace’s zone. 30 days with today when left out. */
  from?: string | undefined
  /** Last day; today when left out. At most 366 days. */
  to?: string | undefined
}
/**
 * What language models took.
 *
 * Requests, tokens and cost by day, model and purpose. The writer by rule asks no model and does not stand here.
 */
export const getModelUsage = (call: Call, input: GetModelUsageInput, options?: CallOptions): Promise<ModelUsage> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}/model-usage', query: ['from', 'to'], answer: 'json' }, input, options)

export type GetWorkspaceClockInput = {
  workspace_id: string
}
/** Read the workspace’s clock. */
export const getWorkspaceClock = (call: Call, input: GetWorkspaceClockInput, options?: CallOptions): Promise<WorkspaceClock> =>
  call({ method: 'GET', path: '/api/v1/workspaces/{workspace_id}/clock', answer: 'json' }, input, options)

export type AdvanceWorkspaceClockInput = {
  workspace_id: string
  body: ClockAdvanceRequest
}
/**
 * Advance a sandbox’s clock.
 *
 * Lets time pass in a sandbox workspace: campaigns send inside their windows and limits, people of the local mail world answer. A job with progress; see /api/v1/jobs/{job_id}.
 */
export const advanceWorkspaceClock = (call: Call, input: AdvanceWorkspaceClockInput, options?: CallOptions): Promise<ClockAdvance> =>
  call({ method: 'POST', path: '/api/v1/workspaces/{workspace_id}/clock/advance', body: 'json', answer: 'json' }, input, options)

/**
 * List API keys.
 *
 * Active keys of the workspace with the visible prefix only; secrets never come back.
 */
export const listApiKeys = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<ApiKeyList> =>
  call({ method: 'GET', path: '/api/v1/api-keys', answer: 'json' }, input, options)

export type CreateApiKeyInput = {
  body: ApiKeyCreateRequest
}
/**
 * Create an API key.
 *
 * Mints a key and returns the secret once. Only a log-in session may call it, so a leaked key cannot clone itself. 403 when the plan has no keys or no place for another.
 */
export const createApiKey = (call: Call, input: CreateApiKeyInput, options?: CallOptions): Promise<ApiKeyCreated> =>
  call({ method: 'POST', path: '/api/v1/api-keys', body: 'json', answer: 'json' }, input, options)

export type RevokeApiKeyInput = {
  key_id: string
}
/**
 * Revoke an API key.
 *
 * Requests with it answer 401 within a second, in every process. Cannot be undone.
 */
export const revokeApiKey = (call: Call, input: RevokeApiKeyInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/api-keys/{key_id}', answer: 'none' }, input, options)

export type ListCampaignsInput = {
  /** Only campaigns in this status. */
  status_filter?: CampaignStatus | undefined
  /** Part of the campaign name. */
  search?: string | undefined
  /** Exact campaign name. */
  name?: string | undefined
  /** The figures of each campaign beside it; ours. */
  include_figures?: boolean | undefined
  /** Page number, counted from 1. */
  page?: number | undefined
  /** Items on a page. */
  page_size?: number | undefined
  limit?: number | undefined
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List campaigns.
 *
 * Newest first. One style of paging at a time: page and page_size, limit and offset, or limit and cursor. With include_figures each comes with what it has sent and what came back, so that a screen of many asks once.
 */
export const listCampaigns = (call: Call, input?: ListCampaignsInput, options?: CallOptions): Promise<CampaignList> =>
  call({ method: 'GET', path: '/api/v1/campaigns/', query: ['status_filter', 'search', 'name', 'include_figures', 'page', 'page_size', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type CreateCampaignInput = {
  body: CampaignCreateRequest
}
/**
 * Create a campaign.
 *
 * Makes a draft; nothing is sent until it is launched. Dataset, aliases and templates must be the workspace’s. With an Idempotency-Key a retry makes no second one.
 */
export const createCampaign = (call: Call, input: CreateCampaignInput, options?: CallOptions): Promise<Campaign> =>
  call({ method: 'POST', path: '/api/v1/campaigns/', body: 'json', answer: 'json' }, input, options)

export type GetCampaignInput = {
  campaign_id: string
}
/**
 * Read a campaign.
 *
 * Poll it after a launch to see launching turn into active, scheduled or failed.
 */
export const getCampaign = (call: Call, input: GetCampaignInput, options?: CallOptions): Promise<Campaign> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}', answer: 'json' }, input, options)

export type UpdateCampaignInput = {
  campaign_id: string
  body: CampaignUpdateRequest
}
/**
 * Change a campaign.
 *
 * Absent fields keep their value; null clears those that may be empty. What is locked after the launch is a 409 that says why.
 */
export const updateCampaign = (call: Call, input: UpdateCampaignInput, options?: CallOptions): Promise<Campaign> =>
  call({ method: 'PATCH', path: '/api/v1/campaigns/{campaign_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteCampaignInput = {
  campaign_id: string
}
/**
 * Delete a campaign.
 *
 * Stops it first. Leads, drafts and waiting messages go; sent mail, events and figures stay.
 */
export const deleteCampaign = (call: Call, input: DeleteCampaignInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/campaigns/{campaign_id}', answer: 'none' }, input, options)

export type LaunchCampaignInput = {
  campaign_id: string
}
/**
 * Launch a campaign.
 *
 * Turns dataset rows into leads in a background job and starts the campaign, or leaves it scheduled. Rows that cannot be used are skipped and reported.
 */
export const launchCampaign = (call: Call, input: LaunchCampaignInput, options?: CallOptions): Promise<LaunchResult> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/launch', answer: 'json' }, input, options)

export type LaunchPreflightInput = {
  campaign_id: string
}
/**
 * Check launch readiness.
 *
 * Runs the launch checks without changing anything, and forecasts when everything would have gone out.
 */
export const launchPreflight = (call: Call, input: LaunchPreflightInput, options?: CallOptions): Promise<LaunchPreflight> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/launch-preflight', answer: 'json' }, input, options)

export type GetLaunchWarningsInput = {
  campaign_id: string
}
/**
 * Stored launch warnings.
 *
 * What the last launch found; empty when the campaign was never launched.
 */
export const getLaunchWarnings = (call: Call, input: GetLaunchWarningsInput, options?: CallOptions): Promise<LaunchWarnings> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/launch-warnings', answer: 'json' }, input, options)

export type PauseCampaignInput = {
  campaign_id: string
}
/**
 * Pause a campaign.
 *
 * Stops everything that no connection has claimed yet. Messages already handed over still go out.
 */
export const pauseCampaign = (call: Call, input: PauseCampaignInput, options?: CallOptions): Promise<Campaign> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/pause', answer: 'json' }, input, options)

export type ResumeCampaignInput = {
  campaign_id: string
}
/**
 * Resume a campaign.
 *
 * Puts a paused campaign back to work. Nothing is caught up in a burst.
 */
export const resumeCampaign = (call: Call, input: ResumeCampaignInput, options?: CallOptions): Promise<Campaign> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/resume', answer: 'json' }, input, options)

export type PreviewTemplateSubstitutionInput = {
  campaign_id: string
  /** Index into steps_config, counted from 0. */
  step_index?: number | undefined
  /** Variant to render. */
  variant_label?: string | undefined
  /** Dataset row to use. */
  lead_row_index?: number | undefined
}
/**
 * Preview placeholder filling.
 *
 * Renders a TEMPLATE variant for one dataset row, as it would be sent. Nothing is stored. step_index counts from 0 here.
 */
export const previewTemplateSubstitution = (call: Call, input: PreviewTemplateSubstitutionInput, options?: CallOptions): Promise<TemplatePreview> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/template-preview', query: ['step_index', 'variant_label', 'lead_row_index'], answer: 'json' }, input, options)

export type ListCampaignLeadsInput = {
  campaign_id: string
  status_filter?: CampaignLeadStatus | undefined
  /** Only leads that wait for their text like this; ours. */
  text_state?: LeadTextState | undefined
  /** Part of the address; ours. */
  search?: string | undefined
  /** Page number, counted from 1. */
  page?: number | undefined
  /** Items on a page. */
  page_size?: number | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/** List campaign leads. */
export const listCampaignLeads = (call: Call, input: ListCampaignLeadsInput, options?: CallOptions): Promise<CampaignLeadList> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/leads', query: ['status_filter', 'text_state', 'search', 'page', 'page_size', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetCampaignLeadInput = {
  campaign_id: string
  campaign_lead_id: string
}
/**
 * Read a campaign lead.
 *
 * One lead by its id, as the list has it, with what it waits for; its timeline is at events_path.
 */
export const getCampaignLead = (call: Call, input: GetCampaignLeadInput, options?: CallOptions): Promise<CampaignLeadDetail> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}', answer: 'json' }, input, options)

export type GetLeadEventsInput = {
  campaign_id: string
  campaign_lead_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Lead timeline.
 *
 * Everything that happened to one lead, oldest first.
 */
export const getLeadEvents = (call: Call, input: GetLeadEventsInput, options?: CallOptions): Promise<CampaignLeadEvents> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/events', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type ExplainCampaignLeadInput = {
  campaign_id: string
  campaign_lead_id: string
}
/**
 * Explain what a lead waits for.
 *
 * What happens next for this lead, when, and which limit binds: cap, interval, window, holiday, suppression or the campaign’s state.
 */
export const explainCampaignLead = (call: Call, input: ExplainCampaignLeadInput, options?: CallOptions): Promise<LeadExplanation> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/explain', answer: 'json' }, input, options)

export type StopCampaignLeadInput = {
  campaign_id: string
  campaign_lead_id: string
  body?: LeadStopRequest
}
/**
 * Stop a lead.
 *
 * Nothing more is sent to this lead in this campaign; what is queued is withdrawn. Stopping one that has ended already changes nothing.
 */
export const stopCampaignLead = (call: Call, input: StopCampaignLeadInput, options?: CallOptions): Promise<CampaignLead> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/stop', body: 'json', answer: 'json' }, input, options)

/**
 * Stats over all campaigns.
 *
 * Figures of deleted campaigns stay in until retention; they are not counted among the campaigns.
 */
export const getAggregateStats = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<CampaignAggregateStats> =>
  call({ method: 'GET', path: '/api/v1/campaigns/aggregate-stats', answer: 'json' }, input, options)

export type GetCampaignStatsInput = {
  campaign_id: string
}
/**
 * Campaign stats.
 *
 * A campaign is through when queued and in_flight are both 0.
 */
export const getCampaignStats = (call: Call, input: GetCampaignStatsInput, options?: CallOptions): Promise<CampaignStats> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/stats', answer: 'json' }, input, options)

export type GetStepPerformanceInput = {
  campaign_id: string
}
/**
 * Stats per step.
 *
 * Figures for every step, broken down by variant.
 */
export const getStepPerformance = (call: Call, input: GetStepPerformanceInput, options?: CallOptions): Promise<CampaignStepPerformance> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/stats/step-performance', answer: 'json' }, input, options)

export type GetCampaignClickStatsInput = {
  campaign_id: string
}
/**
 * Click stats.
 *
 * Only steps with track_clicks contribute; clicks by machines do not count. The 200 most followed links are listed.
 */
export const getCampaignClickStats = (call: Call, input: GetCampaignClickStatsInput, options?: CallOptions): Promise<CampaignClickStats> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/click-stats', answer: 'json' }, input, options)

export type PlaygroundGenerateInput = {
  campaign_id: string
  body: PlaygroundGenerateRequest
}
/**
 * Generate drafts.
 *
 * Queues one drafting job for each lead that has a PERSONALIZATION variant in the step and whose text is neither approved nor sent, and returns the batch id to poll. Every call makes a new batch; repeated clicks are not merged, so clients debounce. Prompt order: custom_prompt, the campaign’s system_prompt, the sender profile’s custom_prompt, the stock prompt.
 */
export const playgroundGenerate = (call: Call, input: PlaygroundGenerateInput, options?: CallOptions): Promise<PlaygroundGenerateResponse> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/playground/generate', body: 'json', answer: 'json' }, input, options)

export type PlaygroundStatusInput = {
  campaign_id: string
  /** Limit to one batch. */
  batch_id?: string | undefined
}
/**
 * Draft batch progress.
 *
 * Job counts by state and the state of every lead, for one batch or, without batch_id, for the last draft of each lead and step. Meant to be polled about every 2 seconds; carries a subject preview only, not the drafts.
 */
export const playgroundStatus = (call: Call, input: PlaygroundStatusInput, options?: CallOptions): Promise<PlaygroundStatus> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/playground/status', query: ['batch_id'], answer: 'json' }, input, options)

export type ListPlaygroundBatchesInput = {
  campaign_id: string
  /** Only batches of this step. */
  step_index?: number | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List draft batches.
 *
 * Every batch that was asked for, the newest first, with its prompt and how far it is.
 */
export const listPlaygroundBatches = (call: Call, input: ListPlaygroundBatchesInput, options?: CallOptions): Promise<PlaygroundBatches> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/playground/batches', query: ['step_index', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type PlaygroundDraftsInput = {
  campaign_id: string
  /** Batch returned by generate. */
  batch_id: string
}
/**
 * Read drafts.
 *
 * Full subject and body of every lead in the batch, with the facts a draft leans on, its quality, and what a person changed. Large, so fetch once when the batch has finished, not while polling.
 */
export const playgroundDrafts = (call: Call, input: PlaygroundDraftsInput, options?: CallOptions): Promise<PlaygroundDrafts> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/playground/drafts', query: ['batch_id'], answer: 'json' }, input, options)

export type PlaygroundCancelInput = {
  campaign_id: string
  body: PlaygroundCancelRequest
}
/**
 * Cancel a draft batch.
 *
 * Marks the unfinished jobs of a batch as cancelled in the database; workers check that mark before they write. Finished drafts stay and are all that is charged.
 */
export const playgroundCancel = (call: Call, input: PlaygroundCancelInput, options?: CallOptions): Promise<PlaygroundCancelResponse> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/playground/cancel', body: 'json', answer: 'json' }, input, options)

export type EditPlaygroundDraftInput = {
  campaign_id: string
  draft_id: string
  body: DraftEditRequest
}
/**
 * Edit a draft.
 *
 * Keeps a person’s subject and body beside the draft and answers with what changed, word by word, and how the text is judged now. Null for a part takes the draft’s own again. An approval by rule freezes the edited text.
 */
export const editPlaygroundDraft = (call: Call, input: EditPlaygroundDraftInput, options?: CallOptions): Promise<PlaygroundDraft> =>
  call({ method: 'PATCH', path: '/api/v1/campaigns/{campaign_id}/playground/drafts/{draft_id}', body: 'json', answer: 'json' }, input, options)

export type ApprovePlaygroundDraftsInput = {
  campaign_id: string
  body: ApproveByRuleRequest
}
/**
 * Approve drafts by rule.
 *
 * Approves every draft of a batch that passes the named checks and reaches the score, in its edited version where there is one, and lists all others with their reasons. dry_run shows the same and approves nothing.
 */
export const approvePlaygroundDrafts = (call: Call, input: ApprovePlaygroundDraftsInput, options?: CallOptions): Promise<ApproveByRuleResult> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/playground/approve', body: 'json', answer: 'json' }, input, options)

export type ApproveLeadEmailInput = {
  campaign_id: string
  campaign_lead_id: string
  body: LeadApproveRequest
}
/**
 * Approve an e-mail for a lead.
 *
 * Freezes subject and body for one step of one lead, with the footer as it is now. At send time the frozen text goes out as is and no model is called. The variant label must be the lead’s own; if expected_step_config_fingerprint is sent and the step’s variant, sender or template changed since drafting, the call fails with 422. Approving again overwrites.
 */
export const approveLeadEmail = (call: Call, input: ApproveLeadEmailInput, options?: CallOptions): Promise<LeadApprovalState> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/approve', body: 'json', answer: 'json' }, input, options)

export type UnapproveLeadEmailInput = {
  campaign_id: string
  campaign_lead_id: string
  body: LeadUnapproveRequest
}
/**
 * Withdraw an approval.
 *
 * Clears the frozen e-mail of one step; the step falls back to normal generation. What was sent stays recorded.
 */
export const unapproveLeadEmail = (call: Call, input: UnapproveLeadEmailInput, options?: CallOptions): Promise<LeadApprovalState> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/unapprove', body: 'json', answer: 'json' }, input, options)

export type ResetLeadApprovalsInput = {
  campaign_id: string
  campaign_lead_id: string
  body?: LeadResetRequest
}
/**
 * Reset approvals of a lead.
 *
 * Clears the approvals of the given steps, or of all steps when none are named. What was sent stays recorded.
 */
export const resetLeadApprovals = (call: Call, input: ResetLeadApprovalsInput, options?: CallOptions): Promise<LeadApprovalState> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/reset', body: 'json', answer: 'json' }, input, options)

export type ListLeadApprovalsInput = {
  campaign_id: string
  campaign_lead_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Approvals of a lead.
 *
 * Everything that was approved, withdrawn or voided for one lead, newest first. Records are never changed.
 */
export const listLeadApprovals = (call: Call, input: ListLeadApprovalsInput, options?: CallOptions): Promise<ApprovalRecordList> =>
  call({ method: 'GET', path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/approvals', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetApprovalProofInput = {
  approval_id: string
}
/**
 * Export an approval as proof.
 *
 * The signed record of one approval with all that it covers, what became of it, whether what left is what was approved, and how to verify a received message.
 */
export const getApprovalProof = (call: Call, input: GetApprovalProofInput, options?: CallOptions): Promise<ApprovalProof> =>
  call({ method: 'GET', path: '/api/v1/approvals/{approval_id}', answer: 'json' }, input, options)

export type VerifyApprovalInput = {
  body: ApprovalVerifyRequest
}
/**
 * Verify an approval.
 *
 * Says whether a statement was signed by this instance and, where parts of a message are given, whether they are what was approved. Stores nothing.
 */
export const verifyApproval = (call: Call, input: VerifyApprovalInput, options?: CallOptions): Promise<ApprovalVerdict> =>
  call({ method: 'POST', path: '/api/v1/approvals/verify', body: 'json', answer: 'json' }, input, options)

export type PersonalizeCampaignEmailInput = {
  campaign_id: string
  body: CampaignPersonalizeRequest
}
/**
 * Write the e-mail of a lead.
 *
 * Returns the AI-written subject and body for one lead and step, synchronously. An approved text short-circuits generation and costs nothing. Nothing is stored; the campaign’s own texts are written by its worker.
 */
export const personalizeCampaignEmail = (call: Call, input: PersonalizeCampaignEmailInput, options?: CallOptions): Promise<CampaignPersonalizeResponse> =>
  call({ method: 'POST', path: '/api/v1/campaigns/{campaign_id}/personalize', body: 'json', answer: 'json' }, input, options)

export type ListTemplatesInput = {
  /** Page number, counted from 1. */
  page?: number | undefined
  /** Items on a page. */
  page_size?: number | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List templates.
 *
 * The workspace’s e-mail templates, newest first.
 */
export const listTemplates = (call: Call, input?: ListTemplatesInput, options?: CallOptions): Promise<TemplateList> =>
  call({ method: 'GET', path: '/api/v1/templates/', query: ['page', 'page_size', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type CreateTemplateInput = {
  body: TemplateCreateRequest
}
/**
 * Create a template.
 *
 * Stores a reusable subject and body. Placeholders in double braces, such as {{first_name}}, are filled from the lead’s row when the message is sent. Mistakes in the template are refused with their line and column.
 */
export const createTemplate = (call: Call, input: CreateTemplateInput, options?: CallOptions): Promise<Template> =>
  call({ method: 'POST', path: '/api/v1/templates/', body: 'json', answer: 'json' }, input, options)

export type GetTemplateInput = {
  template_id: string
}
/** Read a template. */
export const getTemplate = (call: Call, input: GetTemplateInput, options?: CallOptions): Promise<Template> =>
  call({ method: 'GET', path: '/api/v1/templates/{template_id}', answer: 'json' }, input, options)

export type UpdateTemplateInput = {
  template_id: string
  body: TemplateUpdateRequest
}
/**
 * Change a template.
 *
 * Absent fields stay as they are; content is replaced as a whole. Campaigns that use the template render the new text from then on; approvals of its text that were not sent yet are void.
 */
export const updateTemplate = (call: Call, input: UpdateTemplateInput, options?: CallOptions): Promise<Template> =>
  call({ method: 'PATCH', path: '/api/v1/templates/{template_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteTemplateInput = {
  template_id: string
}
/**
 * Delete a template.
 *
 * Campaign steps that point at it keep existing with template_id set to null.
 */
export const deleteTemplate = (call: Call, input: DeleteTemplateInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/templates/{template_id}', answer: 'none' }, input, options)

export type PreviewTextInput = {
  body: TextPreviewRequest
}
/**
 * Preview a text.
 *
 * Renders a subject and body that need not be stored for a row of a dataset or a lead, as it would be sent, with the footer. Names what is left blank; mistakes in the template are refused with their line and column. Nothing is stored.
 */
export const previewText = (call: Call, input: PreviewTextInput, options?: CallOptions): Promise<TextPreview> =>
  call({ method: 'POST', path: '/api/v1/templates/preview', body: 'json', answer: 'json' }, input, options)

export type ListSenderProfilesInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List sender profiles.
 *
 * The workspace’s profiles, newest first. A user owns five at most.
 */
export const listSenderProfiles = (call: Call, input?: ListSenderProfilesInput, options?: CallOptions): Promise<SenderProfile[]> =>
  call({ method: 'GET', path: '/api/v1/sender-profiles/', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type CreateSenderProfileInput = {
  body: SenderProfileCreateRequest
}
/**
 * Create a sender profile.
 *
 * Stores a named description of who is writing. sender_data takes any fields. Five profiles per user at most; the sixth is refused. Marking one as default takes the mark off the previous default.
 */
export const createSenderProfile = (call: Call, input: CreateSenderProfileInput, options?: CallOptions): Promise<SenderProfile> =>
  call({ method: 'POST', path: '/api/v1/sender-profiles/', body: 'json', answer: 'json' }, input, options)

/**
 * Default sender profile.
 *
 * The caller’s default profile, or null when none is marked.
 */
export const getDefaultSenderProfile = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<SenderProfile | null> =>
  call({ method: 'GET', path: '/api/v1/sender-profiles/default/', answer: 'json' }, input, options)

export type SearchSenderProfilesInput = {
  /** Text to look for. */
  query: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Search sender profiles.
 *
 * Part of the profile name, without regard to case.
 */
export const searchSenderProfiles = (call: Call, input: SearchSenderProfilesInput, options?: CallOptions): Promise<SenderProfile[]> =>
  call({ method: 'GET', path: '/api/v1/sender-profiles/search/', query: ['query', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetSenderProfileInput = {
  /** Sender profile id. */
  profile_id: string
}
/** Read a sender profile. */
export const getSenderProfile = (call: Call, input: GetSenderProfileInput, options?: CallOptions): Promise<SenderProfile> =>
  call({ method: 'GET', path: '/api/v1/sender-profiles/{profile_id}', answer: 'json' }, input, options)

export type UpdateSenderProfileInput = {
  /** Sender profile id. */
  profile_id: string
  body: SenderProfileUpdateRequest
}
/**
 * Change a sender profile.
 *
 * Partial in spite of the verb: only the fields sent are changed. sender_data, when sent, replaces the stored facts; named prompts stay unless it holds prompts.
 */
export const updateSenderProfile = (call: Call, input: UpdateSenderProfileInput, options?: CallOptions): Promise<SenderProfile> =>
  call({ method: 'PUT', path: '/api/v1/sender-profiles/{profile_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteSenderProfileInput = {
  /** Sender profile id. */
  profile_id: string
}
/**
 * Delete a sender profile.
 *
 * Named prompts included.
 */
export const deleteSenderProfile = (call: Call, input: DeleteSenderProfileInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/sender-profiles/{profile_id}', answer: 'none' }, input, options)

export type ListNamedPromptsInput = {
  /** Sender profile id. */
  profile_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List named prompts.
 *
 * The prompts saved on the profile, the most recently saved first.
 */
export const listNamedPrompts = (call: Call, input: ListNamedPromptsInput, options?: CallOptions): Promise<NamedPromptList> =>
  call({ method: 'GET', path: '/api/v1/sender-profiles/{profile_id}/prompts', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type CreateNamedPromptInput = {
  /** Sender profile id. */
  profile_id: string
  body: NamedPromptCreateRequest
}
/**
 * Save a named prompt.
 *
 * Adds a prompt under a new name. A name already used on this profile gives 409, a reserved one 422.
 */
export const createNamedPrompt = (call: Call, input: CreateNamedPromptInput, options?: CallOptions): Promise<NamedPrompt> =>
  call({ method: 'POST', path: '/api/v1/sender-profiles/{profile_id}/prompts', body: 'json', answer: 'json' }, input, options)

export type UpdateNamedPromptInput = {
  /** Sender profile id. */
  profile_id: string
  /** Prompt name, URL-encoded. */
  name: string
  body: NamedPromptUpdateRequest
}
/**
 * Change a named prompt.
 *
 * Renames the prompt, rewrites its text, or both; at least one must be sent. Saving moves it to the front of the most-recently-saved order that decides the effective prompt.
 */
export const updateNamedPrompt = (call: Call, input: UpdateNamedPromptInput, options?: CallOptions): Promise<NamedPrompt> =>
  call({ method: 'PATCH', path: '/api/v1/sender-profiles/{profile_id}/prompts/{name}', body: 'json', answer: 'json' }, input, options)

export type DeleteNamedPromptInput = {
  /** Sender profile id. */
  profile_id: string
  /** Prompt name, URL-encoded. */
  name: string
}
/**
 * Delete a named prompt.
 *
 * Campaigns that copied its text are not touched.
 */
export const deleteNamedPrompt = (call: Call, input: DeleteNamedPromptInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/sender-profiles/{profile_id}/prompts/{name}', answer: 'none' }, input, options)

/**
 * Start profile chat.
 *
 * Opens a guided conversation that collects the facts for a sender profile; returns the session id and the bot’s first question. No body. It is kept in the database, so it goes on after a restart.
 */
export const startChatSession = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<ProfileChatResponse> =>
  call({ method: 'POST', path: '/api/v1/sender-profile-chat/start', answer: 'json' }, input, options)

export type SendChatMessageInput = {
  body: ProfileChatRequest
}
/**
 * Answer in profile chat.
 *
 * Processes the user’s answer and returns the next question. An earlier answer is corrected by saying so at any time, an optional question is left out with “skip”, and “done” creates the profile as soon as everything needed is there. When the last answer is in, is_complete is true and the profile is created, subject to the limit of five. An answer that a model could not be asked about leaves the conversation where it was, to be sent again; a second message while one is being answered is a 409.
 */
export const sendChatMessage = (call: Call, input: SendChatMessageInput, options?: CallOptions): Promise<ProfileChatResponse> =>
  call({ method: 'POST', path: '/api/v1/sender-profile-chat/message', body: 'json', answer: 'json' }, input, options)

export type GetChatHistoryInput = {
  /** Chat session id. */
  session_id: string
}
/**
 * Profile chat history.
 *
 * Returns all messages of the session so far, oldest first, as a bare array.
 */
export const getChatHistory = (call: Call, input: GetChatHistoryInput, options?: CallOptions): Promise<ProfileChatMessage[]> =>
  call({ method: 'GET', path: '/api/v1/sender-profile-chat/session/{session_id}/history', answer: 'json' }, input, options)

export type CancelChatSessionInput = {
  /** Chat session id. */
  session_id: string
}
/**
 * Cancel profile chat.
 *
 * Drops the session with its messages, without creating a profile. A profile that it has created already stays.
 */
export const cancelChatSession = (call: Call, input: CancelChatSessionInput, options?: CallOptions): Promise<ProfileChatCancelled> =>
  call({ method: 'DELETE', path: '/api/v1/sender-profile-chat/session/{session_id}', answer: 'json' }, input, options)

export type ListSuppressionInput = {
  /** Page number, counted from 1. */
  page?: number | undefined
  /** Items on a page. */
  page_size?: number | undefined
  /** Substring of the address. */
  search?: string | undefined
  reason?: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported' | undefined
  /** Only entries of this kind; ours. */
  kind?: 'address' | 'domain' | 'hash' | undefined
  /** Lifted entries too; ours. */
  include_released?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List suppressed addresses.
 *
 * The workspace’s do-not-contact list, newest first. Lifted entries are shown with include_released.
 */
export const listSuppression = (call: Call, input?: ListSuppressionInput, options?: CallOptions): Promise<SuppressionList> =>
  call({ method: 'GET', path: '/api/v1/suppression/', query: ['page', 'page_size', 'search', 'reason', 'kind', 'include_released', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type AddSuppressionInput = {
  body: SuppressionCreateRequest
}
/**
 * Suppress an address.
 *
 * Adds an address or a whole domain to the workspace’s do-not-contact list; no campaign sends to it any more. Addresses are compared without regard to case. Adding one that is already listed returns the existing entry.
 */
export const addSuppression = (call: Call, input: AddSuppressionInput, options?: CallOptions): Promise<SuppressionEntry> =>
  call({ method: 'POST', path: '/api/v1/suppression/', body: 'json', answer: 'json' }, input, options)

export type DeleteSuppressionInput = {
  entry_id: string
  /** Why the entry is lifted; needed for unsubscribed and complained. May stand in the body; ours. */
  note?: string | undefined
  body?: SuppressionLiftRequest
}
/**
 * Lift a suppression.
 *
 * The address can be contacted again; leads already skipped are not requeued. Lifting an unsubscribe or a complaint needs a log-in session and a note, and is audited. An entry of kind hash cannot be lifted.
 */
export const deleteSuppression = (call: Call, input: DeleteSuppressionInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/suppression/{entry_id}', query: ['note'], body: 'json', answer: 'none' }, input, options)

export type ImportSuppressionInput = {
  body: {
    /** CSV with addresses or domains. */
    file: Blob
    reason?: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported'
    /** domain: a bare domain in the file means everybody there. */
    kind?: 'address' | 'domain'
    /** Note on each new entry. */
    note?: string
  }
}
/**
 * Import a suppression list.
 *
 * Reads a CSV of any common spelling. The column of addresses is found by its header or by what stands in it; @acme.com, a column headed domain, or kind domain suppress whole domains. All rows are added in one commit; bad ones are reported and left out.
 */
export const importSuppression = (call: Call, input: ImportSuppressionInput, options?: CallOptions): Promise<SuppressionImportResult> =>
  call({ method: 'POST', path: '/api/v1/suppression/import', body: 'form', answer: 'json' }, input, options)

export type ListDatasetsWithPaginationInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
  pipeline_type?: 'enrichment' | 'personalization' | 'lead_finder' | 'email_finder' | undefined
  /** Ours. */
  source_type?: 'csv' | 'excel' | 'google_sheets' | 'extraction' | 'linkedin_search' | 'lead_finder' | 'email_finder' | 'api' | undefined
  /** Ours. */
  status?: 'pending' | 'processing' | 'completed' | 'failed' | undefined
  /** Only those made at this instant or later; ours. */
  created_from?: string | undefined
  /** Only those made before this instant; ours. */
  created_to?: string | undefined
  search?: string | undefined
  include_archived?: boolean | undefined
  /** Only archived ones; ours. */
  only_archived?: boolean | undefined
}
/**
 * Page through the workspace’s datasets.
 *
 * Newest first. pipeline_type, source_type, status and the range of created_from and created_to narrow the list, and search is a case-insensitive match on the name. Archived datasets are left out unless asked for.
 */
export const listDatasetsWithPagination = (call: Call, input?: ListDatasetsWithPaginationInput, options?: CallOptions): Promise<DatasetListResponse> =>
  call({ method: 'GET', path: '/api/v1/datasets/list', query: ['limit', 'offset', 'cursor', 'pipeline_type', 'source_type', 'status', 'created_from', 'created_to', 'search', 'include_archived', 'only_archived'], answer: 'json' }, input, options)

export type GetDatasetInput = {
  dataset_id: string
}
/** Read a dataset’s record. */
export const getDataset = (call: Call, input: GetDatasetInput, options?: CallOptions): Promise<DatasetSummary> =>
  call({ method: 'GET', path: '/api/v1/datasets/{dataset_id}', answer: 'json' }, input, options)

export type UpdateDatasetMetadataInput = {
  dataset_id: string
  body: DatasetUpdateRequest
}
/**
 * Rename a dataset.
 *
 * Changes dataset metadata such as dataset_name and returns the fresh record; rows are untouched.
 */
export const updateDatasetMetadata = (call: Call, input: UpdateDatasetMetadataInput, options?: CallOptions): Promise<DatasetSummary> =>
  call({ method: 'PATCH', path: '/api/v1/datasets/{dataset_id}', body: 'json', answer: 'json' }, input, options)

export type ArchiveADatasetInput = {
  dataset_id: string
}
/**
 * Archive a dataset.
 *
 * Stamps archived_at and hides the dataset from listings and pickers; rows and history stay. Repeating the call keeps the first timestamp. Undo with restore.
 */
export const archiveADataset = (call: Call, input: ArchiveADatasetInput, options?: CallOptions): Promise<DatasetArchiveResponse> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/archive', answer: 'json' }, input, options)

export type RestoreAnArchivedDatasetInput = {
  dataset_id: string
}
/**
 * Bring back an archived dataset.
 *
 * Clears archived_at so the dataset shows up again. Changes nothing on a dataset that is not archived.
 */
export const restoreAnArchivedDataset = (call: Call, input: RestoreAnArchivedDatasetInput, options?: CallOptions): Promise<DatasetArchiveResponse> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/restore', answer: 'json' }, input, options)

export type DownloadDatasetInSpecifiedFormatInput = {
  dataset_id: string
  format?: 'csv' | 'excel' | 'json' | undefined
}
/**
 * Export dataset rows.
 *
 * Streams every row as CSV, Excel or JSON. Each export bumps download_count and last_downloaded_at. Works on archived datasets too; costs no credits.
 */
export const downloadDatasetInSpecifiedFormat = (call: Call, input: DownloadDatasetInSpecifiedFormatInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/api/v1/datasets/{dataset_id}/download', query: ['format'], answer: 'file' }, input, options)

export type ListDatasetRowsInput = {
  dataset_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
  /** A DatasetRowFilter as JSON: {"match":"all","conditions":[{"column":"Country","operator":"equals","value":"Norway"}]} */
  filter?: string | undefined
  /** Rows of which any cell contains this, without regard to case. */
  search?: string | undefined
  /** A column; by position without it. */
  sort?: string | undefined
  order?: 'asc' | 'desc' | undefined
  /** With number, cells that are no number come last. */
  sort_as?: 'text' | 'number' | undefined
  /** The rows that were removed instead, the last ones first. */
  removed?: boolean | undefined
}
/**
 * Page through the rows of a dataset.
 *
 * By position, or by a column with sort; filter holds conditions over columns, search looks into every cell. Pages by cursor stay quick in a dataset of any size. With a filter a page looks at 100,000 rows: it may be short, and next_cursor goes on from there. Sorting looks at all rows and is refused with FILTER_TOO_SLOW when that takes more than ten seconds.
 */
export const listDatasetRows = (call: Call, input: ListDatasetRowsInput, options?: CallOptions): Promise<DatasetRowListResponse> =>
  call({ method: 'GET', path: '/api/v1/datasets/{dataset_id}/rows', query: ['limit', 'offset', 'cursor', 'filter', 'search', 'sort', 'order', 'sort_as', 'removed'], answer: 'json' }, input, options)

export type AddDatasetRowsInput = {
  dataset_id: string
  body: DatasetRowAddRequest
}
/**
 * Add rows.
 *
 * Up to 1,000 rows at the end of the dataset, with its columns. An address that cannot be right refuses the whole request; a row without any is taken.
 */
export const addDatasetRows = (call: Call, input: AddDatasetRowsInput, options?: CallOptions): Promise<DatasetRowAddResponse> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/rows', body: 'json', answer: 'json' }, input, options)

export type UpdateDatasetRowsInput = {
  dataset_id: string
  body: DatasetRowsUpdateRequest
}
/**
 * Edit cells of many rows.
 *
 * Writes the same values into every row that is meant: by ids, by a filter, or all. Count first with dry_run. All rows change in one moment; the last writer wins. A large dataset is changed by a job (202).
 */
export const updateDatasetRows = (call: Call, input: UpdateDatasetRowsInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'PATCH', path: '/api/v1/datasets/{dataset_id}/rows', body: 'json', answer: 'json' }, input, options)

export type RemoveDatasetRowsInput = {
  dataset_id: string
  body: DatasetRowsRemoveRequest
}
/**
 * Remove many rows.
 *
 * By ids, by a filter, or all. The rows are marked, not deleted; the removed_at of the answer restores them together. Leads that campaigns made of them go on, and the answer names those campaigns.
 */
export const removeDatasetRows = (call: Call, input: RemoveDatasetRowsInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/rows/remove', body: 'json', answer: 'json' }, input, options)

export type RestoreDatasetRowsInput = {
  dataset_id: string
  body: DatasetRowsRestoreRequest
}
/**
 * Bring removed rows back.
 *
 * By ids, everything that was removed together, or all. Each row comes back to its position, or to the end where another row has that by now.
 */
export const restoreDatasetRows = (call: Call, input: RestoreDatasetRowsInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/rows/restore', body: 'json', answer: 'json' }, input, options)

export type GetDatasetRowInput = {
  dataset_id: string
  row_id: string
}
/**
 * Read one row.
 *
 * Also a row that was removed; removed_at says so.
 */
export const getDatasetRow = (call: Call, input: GetDatasetRowInput, options?: CallOptions): Promise<DatasetRow> =>
  call({ method: 'GET', path: '/api/v1/datasets/{dataset_id}/rows/{row_id}', answer: 'json' }, input, options)

export type UpdateDatasetRowInput = {
  dataset_id: string
  row_id: string
  body: DatasetRowUpdateRequest
}
/**
 * Edit cells of one row.
 *
 * Cells that are not named stay. Name the version you saw to be told when the row is another by now; without it the last writer wins, cell by cell. Campaigns that were launched keep the row as it was then, until they are launched again.
 */
export const updateDatasetRow = (call: Call, input: UpdateDatasetRowInput, options?: CallOptions): Promise<DatasetRow> =>
  call({ method: 'PATCH', path: '/api/v1/datasets/{dataset_id}/rows/{row_id}', body: 'json', answer: 'json' }, input, options)

export type RemoveDatasetRowInput = {
  dataset_id: string
  row_id: string
}
/**
 * Remove one row.
 *
 * The row is marked, not deleted, and can be restored. Leads that a campaign made of it go on; the next launch leaves it out.
 */
export const removeDatasetRow = (call: Call, input: RemoveDatasetRowInput, options?: CallOptions): Promise<DatasetRow> =>
  call({ method: 'DELETE', path: '/api/v1/datasets/{dataset_id}/rows/{row_id}', answer: 'json' }, input, options)

export type AddDatasetColumnInput = {
  dataset_id: string
  body: DatasetColumnAddRequest
}
/**
 * Add a column.
 *
 * Empty, or with one value for every row, which a job writes in a large dataset (202).
 */
export const addDatasetColumn = (call: Call, input: AddDatasetColumnInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/columns', body: 'json', answer: 'json' }, input, options)

export type UpdateDatasetColumnInput = {
  dataset_id: string
  body: DatasetColumnUpdateRequest
}
/**
 * Rename a column or change what it holds.
 *
 * A new name is written into every row, removed ones too. A lead field belongs to one column: the one that had it loses it. With email or linkedin_url the addresses of all rows are read anew. A job does it in a large dataset (202).
 */
export const updateDatasetColumn = (call: Call, input: UpdateDatasetColumnInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'PATCH', path: '/api/v1/datasets/{dataset_id}/columns', body: 'json', answer: 'json' }, input, options)

export type ReorderDatasetColumnsInput = {
  dataset_id: string
  body: DatasetColumnOrderRequest
}
/** Put the columns in another order. */
export const reorderDatasetColumns = (call: Call, input: ReorderDatasetColumnsInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'PUT', path: '/api/v1/datasets/{dataset_id}/columns', body: 'json', answer: 'json' }, input, options)

export type RemoveDatasetColumnInput = {
  dataset_id: string
  body: DatasetColumnRemoveRequest
}
/**
 * Remove a column.
 *
 * The column goes with all its values, for good. A job does it in a large dataset (202). Campaigns that were launched keep the values until they are launched again.
 */
export const removeDatasetColumn = (call: Call, input: RemoveDatasetColumnInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/columns/remove', body: 'json', answer: 'json' }, input, options)

export type MergeDatasetsInput = {
  dataset_id: string
  body: DatasetMergeRequest
}
/**
 * Add the rows of another dataset.
 *
 * Columns of the same name or lead field meet, others are added. duplicates says what becomes of people who are here already. Count first with dry_run. The other dataset keeps its rows. A job does it where that one is large (202).
 */
export const mergeDatasets = (call: Call, input: MergeDatasetsInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/merge', body: 'json', answer: 'json' }, input, options)

export type SplitDatasetInput = {
  dataset_id: string
  body: DatasetSplitRequest
}
/**
 * Make a new dataset of some rows.
 *
 * The rows that are meant are copied into a new dataset of the same columns; with move they are removed here, and can be restored. Count first with dry_run. A job does it in a large dataset (202).
 */
export const splitDataset = (call: Call, input: SplitDatasetInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/split', body: 'json', answer: 'json' }, input, options)

export type CopyDatasetInput = {
  dataset_id: string
  body: DatasetCopyRequest
}
/**
 * Copy a dataset.
 *
 * All rows that are there, as new rows of a new dataset. A job does it in a large dataset (202).
 */
export const copyDataset = (call: Call, input: CopyDatasetInput, options?: CallOptions): Promise<DatasetChange> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/copy', body: 'json', answer: 'json' }, input, options)

export type PreviewCsvOrExcelFileBeforeUploadInput = {
  body: {
    /** The file */
    file: Blob
  }
}
/**
 * Preview a CSV or Excel file.
 *
 * Parses an upload and returns structure, columns and sample rows without saving anything. One endpoint for both kinds; file_type tells which part of the answer is filled.
 */
export const previewCsvOrExcelFileBeforeUpload = (call: Call, input: PreviewCsvOrExcelFileBeforeUploadInput, options?: CallOptions): Promise<FilePreviewResponse> =>
  call({ method: 'POST', path: '/api/v1/upload/preview', body: 'form', answer: 'json' }, input, options)

export type PreviewExcelFileSheetsInput = {
  body: {
    /** The file */
    file: Blob
  }
}
/**
 * Preview every sheet of a workbook.
 *
 * Excel-only variant: lists all sheets, hidden ones too, with sizes, columns, sample rows and the guessed mapping. Stores nothing.
 */
export const previewExcelFileSheets = (call: Call, input: PreviewExcelFileSheetsInput, options?: CallOptions): Promise<ExcelPreviewResponse> =>
  call({ method: 'POST', path: '/api/v1/upload/excel/preview', body: 'form', answer: 'json' }, input, options)

export type UploadCsvWithSenderProfileSupportInput = {
  session_id: string
  body: {
    /** The file */
    file: Blob
    /** Saved sender profile to use */
    sender_profile_id?: string
    /** JSON object with sender fields, used when no profile id is given */
    sender_data?: string
    /** Store sender_data as a new profile */
    save_sender_profile?: boolean
    /** Name for the stored profile */
    profile_name?: string
    /** JSON object from file column to lead field. Columns that it leaves out are guessed; null leaves a column unmapped. */
    column_mapping?: string
    /** Rows whose person is there already: skip leaves the stored row as it is, update fills its cells from the new one (empty cells never erase), keep adds the row beside it; ours. */
    duplicates?: 'skip' | 'update' | 'keep'
    /** Where people are looked for: in the dataset that the rows go to, or in all of the workspace; ours. */
    duplicates_in?: 'dataset' | 'workspace'
    /** Make a plan that shows row by row what would change, and change nothing; ours. */
    dry_run?: boolean
  }
}
/**
 * Load a CSV into a session.
 *
 * Stores the file, makes a dataset of it and answers with what was imported. Up to 10,000 rows are read before the answer; a larger file is read by a job, whose job_id and import_id the answer names. Rows with a bad address, rows that repeat an address and broken rows never stop the others; errors.csv of the import lists them.
 */
export const uploadCsvWithSenderProfileSupport = (call: Call, input: UploadCsvWithSenderProfileSupportInput, options?: CallOptions): Promise<SessionUploadResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/upload/csv', body: 'form', answer: 'json' }, input, options)

export type UploadExcelWithMultiSheetAndSenderProfileSupportInput = {
  session_id: string
  body: {
    /** The file */
    file: Blob
    /** Saved sender profile to use */
    sender_profile_id?: string
    /** JSON object with sender fields, used when no profile id is given */
    sender_data?: string
    /** Store sender_data as a new profile */
    save_sender_profile?: boolean
    /** Name for the stored profile */
    profile_name?: string
    /** JSON object from file column to lead field. Columns that it leaves out are guessed; null leaves a column unmapped. */
    column_mapping?: string
    /** Rows whose person is there already: skip leaves the stored row as it is, update fills its cells from the new one (empty cells never erase), keep adds the row beside it; ours. */
    duplicates?: 'skip' | 'update' | 'keep'
    /** Where people are looked for: in the dataset that the rows go to, or in all of the workspace; ours. */
    duplicates_in?: 'dataset' | 'workspace'
    /** Make a plan that shows row by row what would change, and change nothing; ours. */
    dry_run?: boolean
    /** JSON object: sheet name to {enabled, header_row, column_mapping}. header_row is the number that the spreadsheet shows beside the row, 0 for a sheet without a header; guessed where it is left out. A hidden sheet is read when it is named here. */
    sheet_config?: string
    /** Read every visible sheet that has a column of e-mail addresses or LinkedIn profiles, as one table */
    process_all_sheets?: boolean
  }
}
/**
 * Load a workbook into a session.
 *
 * As the CSV upload, from one or several sheets of a workbook (.xlsx, .xlsm). sheet_config selects sheets, their header rows and mappings; without it the first visible sheet is used, with process_all_sheets every visible one that holds people. Several sheets become one dataset with the columns of all and one that names the sheet.
 */
export const uploadExcelWithMultiSheetAndSenderProfileSupport = (call: Call, input: UploadExcelWithMultiSheetAndSenderProfileSupportInput, options?: CallOptions): Promise<SessionUploadResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/upload/excel', body: 'form', answer: 'json' }, input, options)

export type ImportFileIntoDatasetInput = {
  dataset_id: string
  body: {
    /** The file */
    file: Blob
    /** JSON object from file column to lead field. Columns that it leaves out are guessed; null leaves a column unmapped. */
    column_mapping?: string
    /** Rows whose person is there already: skip leaves the stored row as it is, update fills its cells from the new one (empty cells never erase), keep adds the row beside it; ours. */
    duplicates?: 'skip' | 'update' | 'keep'
    /** Where people are looked for: in the dataset that the rows go to, or in all of the workspace; ours. */
    duplicates_in?: 'dataset' | 'workspace'
    /** Make a plan that shows row by row what would change, and change nothing; ours. */
    dry_run?: boolean
    /** JSON object: sheet name to {enabled, header_row, column_mapping}. header_row is the number that the spreadsheet shows beside the row, 0 for a sheet without a header; guessed where it is left out. A hidden sheet is read when it is named here. */
    sheet_config?: string
    /** Read every visible sheet that has a column of e-mail addresses or LinkedIn profiles, as one table */
    process_all_sheets?: boolean
  }
}
/**
 * Add the rows of a file to a dataset.
 *
 * Takes CSV or a workbook into a dataset that is there; a corrected errors.csv goes back where it belongs by this one call. Columns of the file go to the columns of the same name or lead field, others are added. duplicates says what becomes of people who are there already, dry_run shows it first.
 */
export const importFileIntoDataset = (call: Call, input: ImportFileIntoDatasetInput, options?: CallOptions): Promise<DatasetImportResponse> =>
  call({ method: 'POST', path: '/api/v1/datasets/{dataset_id}/imports', body: 'form', answer: 'json' }, input, options)

export type ListImportsInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
  dataset_id?: string | undefined
  session_id?: string | undefined
  /** planned: a dry run is over and can be carried out. undoing: a job takes it back. */
  status?: 'queued' | 'running' | 'planned' | 'completed' | 'failed' | 'undoing' | 'undone' | undefined
}
/** Imports and plans, newest first. */
export const listImports = (call: Call, input?: ListImportsInput, options?: CallOptions): Promise<ImportListResponse> =>
  call({ method: 'GET', path: '/api/v1/imports', query: ['limit', 'offset', 'cursor', 'dataset_id', 'session_id', 'status'], answer: 'json' }, input, options)

export type GetImportInput = {
  import_id: string
}
/** How an import stands. */
export const getImport = (call: Call, input: GetImportInput, options?: CallOptions): Promise<Import> =>
  call({ method: 'GET', path: '/api/v1/imports/{import_id}', answer: 'json' }, input, options)

export type DiscardImportPlanInput = {
  import_id: string
}
/**
 * Discard a plan.
 *
 * Forgets a dry run that was not carried out. Plans are forgotten by themselves after seven days.
 */
export const discardImportPlan = (call: Call, input: DiscardImportPlanInput, options?: CallOptions): Promise<{
  import_id: string
  deleted: boolean
  message: string
}> =>
  call({ method: 'DELETE', path: '/api/v1/imports/{import_id}', answer: 'json' }, input, options)

export type ListImportChangesInput = {
  import_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
  action?: 'insert' | 'update' | 'unchanged' | 'duplicate' | 'reject' | undefined
  /** Only changes that undoing left, because somebody had written the cell since. */
  kept?: boolean | undefined
}
/**
 * What an import changes, row by row.
 *
 * Of a plan every row of the file in its order: what it adds, which cells of which row it changes and from what, why it is left out. Of an import that was carried out the cells that it changed.
 */
export const listImportChanges = (call: Call, input: ListImportChangesInput, options?: CallOptions): Promise<ImportChangeList> =>
  call({ method: 'GET', path: '/api/v1/imports/{import_id}/changes', query: ['limit', 'offset', 'cursor', 'action', 'kept'], answer: 'json' }, input, options)

export type ApplyImportPlanInput = {
  import_id: string
}
/**
 * Carry out a plan as it was made.
 *
 * Imports the stored file of a dry run. Refused, with nothing changed, when the dataset has changed since or any row would be decided otherwise now.
 */
export const applyImportPlan = (call: Call, input: ApplyImportPlanInput, options?: CallOptions): Promise<ImportPlanResult> =>
  call({ method: 'POST', path: '/api/v1/imports/{import_id}/apply', answer: 'json' }, input, options)

export type DownloadImportErrorsInput = {
  import_id: string
  /** One kind alone; rejected and duplicate rows when absent. Notices are about rows that were imported. */
  severity?: 'rejected' | 'duplicate' | 'notice' | undefined
}
/**
 * Rows that were not imported, as CSV.
 *
 * Row number, problem and message (of a workbook also the sheet), then the columns of the upload. Corrected and posted to /api/v1/datasets/{dataset_id}/imports, it is read without those first columns.
 */
export const downloadImportErrors = (call: Call, input: DownloadImportErrorsInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/api/v1/imports/{import_id}/errors.csv', query: ['severity'], answer: 'file' }, input, options)

export type UndoImportInput = {
  import_id: string
}
/**
 * Take an import back.
 *
 * Takes out the rows it added and gives the cells it changed their former values. Cells that somebody has written since stay, and the answer lists them. Possible while no campaign has made leads of its rows. An import of more than 10,000 rows is undone by a job.
 */
export const undoImport = (call: Call, input: UndoImportInput, options?: CallOptions): Promise<ImportUndoResult> =>
  call({ method: 'POST', path: '/api/v1/imports/{import_id}/undo', answer: 'json' }, input, options)

export type ListUserExtractionsInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
  /** For example PitchBook; upper and lower case are the same. */
  source?: string | undefined
}
/**
 * List extractions.
 *
 * The workspace’s extractions from the browser extension (PitchBook, LinkedIn and others) and from sheet imports, newest first, optionally of one source.
 */
export const listUserExtractions = (call: Call, input?: ListUserExtractionsInput, options?: CallOptions): Promise<UserExtractionListResponse> =>
  call({ method: 'GET', path: '/api/v1/user-extractions/', query: ['limit', 'offset', 'cursor', 'source'], answer: 'json' }, input, options)

export type UploadExtractionInput = {
  body: {
    /** JSON list, JSON Lines or CSV of leads, or a ZIP of such files */
    file: Blob
    title?: string
    /** Origin; the host of the page when absent */
    source?: string
    /** Host of the page the leads were found on */
    source_host?: string
    /** JSON list of the pages the leads were found on */
    page_urls?: string
    /** JSON object with whatever else is worth keeping */
    metadata?: string
  }
}
/**
 * Store extracted leads.
 *
 * What the browser extension sends, and any program may: leads as JSON in the body, or a file (JSON list, JSON Lines, CSV, or a ZIP of such files, each a sheet of its own). A lead has its columns under columnValues, nested or as flat keys that begin with columnValues.; other fields are kept with it and not exported. A lead without columnValues is a plain row: all of its fields are columns. Files are streamed, so their size costs no memory.
 */
export const uploadExtraction = (call: Call, input: UploadExtractionInput, options?: CallOptions): Promise<UserExtraction> =>
  call({ method: 'POST', path: '/api/v1/user-extractions/', body: 'form', answer: 'json' }, input, options)

export type BulkDeleteExtractionsInput = {
  body: BulkDeleteExtractionsRequest
}
/**
 * Delete several extractions.
 *
 * Deletes each listed extraction of the workspace and reports the rest in failed; partial success is still 200. Stored files go too. Not reversible.
 */
export const bulkDeleteExtractions = (call: Call, input: BulkDeleteExtractionsInput, options?: CallOptions): Promise<BulkDeleteExtractionsResponse> =>
  call({ method: 'POST', path: '/api/v1/user-extractions/bulk-delete', body: 'json', answer: 'json' }, input, options)

export type DeleteExtractionInput = {
  extraction_id: string
}
/**
 * Delete an extraction.
 *
 * Removes one extraction and its stored file. Sessions and datasets already made from it stay.
 */
export const deleteExtraction = (call: Call, input: DeleteExtractionInput, options?: CallOptions): Promise<ExtractionDeleteResponse> =>
  call({ method: 'DELETE', path: '/api/v1/user-extractions/{extraction_id}', answer: 'json' }, input, options)

export type CreateSessionFromExtractionInput = {
  extraction_id: string
}
/**
 * Turn an extraction into a session.
 *
 * Reads the stored lead array and creates an enrichment session, a dataset with source_type extraction and one row per lead, then links the session to the extraction. Synchronous, no body, no credits. A second call makes another session and moves the link.
 */
export const createSessionFromExtraction = (call: Call, input: CreateSessionFromExtractionInput, options?: CallOptions): Promise<ExtractionSessionResponse> =>
  call({ method: 'POST', path: '/api/v1/user-extractions/{extraction_id}/create-session', answer: 'json' }, input, options)

export type DownloadExtractionInput = {
  extraction_id: string
  format?: 'csv' | 'excel' | 'json' | undefined
}
/**
 * Export an extraction.
 *
 * Streams the leads as CSV, Excel or JSON. Only fields under columnValues are exported, with that prefix removed.
 */
export const downloadExtraction = (call: Call, input: DownloadExtractionInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/api/v1/user-extractions/{extraction_id}/download', query: ['format'], answer: 'file' }, input, options)

export type GetExtractionInfoInput = {
  extraction_id: string
}
/**
 * Details of an extraction.
 *
 * Everything the list shows plus columns, sheet names and a few sample rows.
 */
export const getExtractionInfo = (call: Call, input: GetExtractionInfoInput, options?: CallOptions): Promise<UserExtractionDetail> =>
  call({ method: 'GET', path: '/api/v1/user-extractions/{extraction_id}/info', answer: 'json' }, input, options)

export type ProcessExtractionToSessionInput = {
  extraction_id: string
  body: ExtractionProcessRequest
}
/**
 * Load an extraction into an existing session.
 *
 * Feeds the stored leads to the ordinary upload pipeline of the given session, queueing its leads. Both the extraction and the session must be the workspace’s. Rows are judged as those of an uploaded file; more than 10,000 are read by a job, whose job_id the answer names.
 */
export const processExtractionToSession = (call: Call, input: ProcessExtractionToSessionInput, options?: CallOptions): Promise<ExtractionProcessResponse> =>
  call({ method: 'POST', path: '/api/v1/user-extractions/{extraction_id}/process', body: 'json', answer: 'json' }, input, options)

export type RenameExtractionInput = {
  extraction_id: string
  body: ExtractionRenameRequest
}
/**
 * Rename an extraction.
 *
 * Sets the title kept in the extraction’s metadata; data is untouched.
 */
export const renameExtraction = (call: Call, input: RenameExtractionInput, options?: CallOptions): Promise<ExtractionRenameResponse> =>
  call({ method: 'PATCH', path: '/api/v1/user-extractions/{extraction_id}/rename', body: 'json', answer: 'json' }, input, options)

export type RenameExtractionOptionsInput = {
  extraction_id: string
}
/**
 * CORS preflight for rename.
 *
 * Answers the browser’s preflight so that the extension can call rename; needs no credentials.
 */
export const renameExtractionOptions = (call: Call, input: RenameExtractionOptionsInput, options?: CallOptions): Promise<string> =>
  call({ method: 'OPTIONS', path: '/api/v1/user-extractions/{extraction_id}/rename', answer: 'text' }, input, options)

/**
 * Begin linking a Google account.
 *
 * Builds the Google consent URL for the caller with the scopes that reading sheets needs, PKCE and a single-use state that is good for ten minutes. The browser must be sent there by the client; nothing is stored but a digest of the state. The account is the caller’s in this workspace and nobody else’s.
 */
export const googleOauthLogin = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<GoogleLoginResponse> =>
  call({ method: 'POST', path: '/api/v1/auth/google/login', answer: 'json' }, input, options)

export type GoogleOauthCallbackInput = {
  /** Authorization code */
  code?: string | undefined
  /** State from login */
  state?: string | undefined
  /** Set by Google when consent was refused */
  error?: string | undefined
}
/**
 * Return leg of the Google consent.
 *
 * Hit by Google’s redirect, so no bearer token; the caller is recognised by state. Answers a page that names the workspace and the person and asks once more; its form, sent to the same address, uses the state up, swaps the code for tokens and stores them. Opening the page changes nothing.
 */
export const googleOauthCallback = (call: Call, input?: GoogleOauthCallbackInput, options?: CallOptions): Promise<string> =>
  call({ method: 'GET', path: '/api/v1/auth/google/callback', query: ['code', 'state', 'error'], answer: 'text' }, input, options)

/**
 * Is Google linked.
 *
 * Tells whether usable Google credentials exist, whose they are, when they expire, which scopes were granted and which were left out. Not linked is a normal 200 with authenticated false.
 */
export const googleOauthStatus = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<GoogleOAuthStatus> =>
  call({ method: 'GET', path: '/api/v1/auth/google/status', answer: 'json' }, input, options)

/**
 * Short-lived Google token for the Picker.
 *
 * Hands the caller’s own Google access token to the browser for the Picker, renewing it first when it has less than five minutes left. 404 when Google is not linked. A log-in session only, never an API key.
 */
export const getGoogleAccessToken = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<GoogleAccessToken> =>
  call({ method: 'GET', path: '/api/v1/auth/google/access-token', answer: 'json' }, input, options)

/**
 * Settings the Google Picker needs.
 *
 * Returns the browser API key, OAuth client id and project number. 503 when the deployment has no Google settings.
 */
export const getPickerConfig = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<GooglePickerConfig> =>
  call({ method: 'GET', path: '/api/v1/auth/google/picker-config', answer: 'json' }, input, options)

/**
 * Unlink the Google account.
 *
 * Forgets the tokens here and gives the consent back at Google, even if Google does not answer. A consent on which a connected mailbox or somebody else’s sheets depend is forgotten here and stays at Google, which would end them all. Safe to repeat.
 */
export const googleOauthLogout = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<ActionResult> =>
  call({ method: 'POST', path: '/api/v1/auth/google/logout', answer: 'json' }, input, options)

export type ListSheetsInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Sheets that can be read.
 *
 * The caller’s sheets that this program may see, the ones that changed last first: those that were chosen in the Picker, or the files of the folder.
 */
export const listSheets = (call: Call, input?: ListSheetsInput, options?: CallOptions): Promise<SheetListResponse> =>
  call({ method: 'GET', path: '/api/v1/sheets', query: ['limit', 'cursor'], answer: 'json' }, input, options)

export type ListSheetSyncsInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
  dataset_id?: string | undefined
  sheet_id?: string | undefined
}
/**
 * Sheets that datasets follow.
 *
 * What is kept in step with which dataset and how, what the last run changed, and when the next one is.
 */
export const listSheetSyncs = (call: Call, input?: ListSheetSyncsInput, options?: CallOptions): Promise<SheetSyncListResponse> =>
  call({ method: 'GET', path: '/api/v1/sheets/syncs', query: ['limit', 'offset', 'cursor', 'dataset_id', 'sheet_id'], answer: 'json' }, input, options)

export type DeleteSheetSyncInput = {
  sync_id: string
}
/**
 * Let a dataset follow a sheet no more.
 *
 * Ends the repetition and forgets which row of the sheet is which of the dataset. Neither loses a row. Synchronising again begins as the first time.
 */
export const deleteSheetSync = (call: Call, input: DeleteSheetSyncInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/sheets/syncs/{sync_id}', answer: 'none' }, input, options)

export type GetSheetInfoInput = {
  /** Spreadsheet id */
  sheet_id: string
}
/**
 * Tabs and size of a sheet.
 *
 * Reads the spreadsheet’s title, tabs and dimensions from Google on behalf of the caller.
 */
export const getSheetInfo = (call: Call, input: GetSheetInfoInput, options?: CallOptions): Promise<SheetInfo> =>
  call({ method: 'GET', path: '/api/v1/sheets/{sheet_id}/info', answer: 'json' }, input, options)

export type VerifySheetAccessInput = {
  body: SheetAccessRequest
}
/**
 * Can the caller read this sheet.
 *
 * Asks Google directly with the caller’s credentials. Lack of permission is a 200 with has_access false; 401 means Google is not linked.
 */
export const verifySheetAccess = (call: Call, input: VerifySheetAccessInput, options?: CallOptions): Promise<VerifySheetAccessResponse> =>
  call({ method: 'POST', path: '/api/v1/sheets/verify-access', body: 'json', answer: 'json' }, input, options)

export type GrantSheetAccessInput = {
  body: SheetAccessRequest
}
/**
 * Acknowledge a sheet chosen in the Picker.
 *
 * Called right after the user picks a sheet. Keeps no record: Google stays the authority on permissions, so this only confirms the choice and echoes its details.
 */
export const grantSheetAccess = (call: Call, input: GrantSheetAccessInput, options?: CallOptions): Promise<GrantSheetAccessResponse> =>
  call({ method: 'POST', path: '/api/v1/sheets/grant-access', body: 'json', answer: 'json' }, input, options)

export type ImportGoogleSheetsAsExtractionInput = {
  body: ImportSheetRequest
}
/**
 * Import a sheet as an extraction.
 *
 * Copies the chosen tabs into a new extraction record that then follows the usual path: choose sheet, map columns, review and process. Needs a linked Google account with read access; costs no credits.
 */
export const importGoogleSheetsAsExtraction = (call: Call, input: ImportGoogleSheetsAsExtractionInput, options?: CallOptions): Promise<ImportSheetResponse> =>
  call({ method: 'POST', path: '/api/v1/sheets/import-as-extraction', body: 'json', answer: 'json' }, input, options)

export type SyncSheetInput = {
  /** Spreadsheet id */
  sheet_id: string
  body: SyncSheetRequest
}
/**
 * Bring the changes of a sheet into a dataset.
 *
 * Reads the sheet again and brings only what changed since the last time: new rows, changed cells and, if asked for, the removal of rows that are gone. The first time rows are matched with those of the dataset by address, profile or equal cells. What it adds and changes is one import, which can be undone. More than 10,000 rows are read by a job (202).
 */
export const syncSheet = (call: Call, input: SyncSheetInput, options?: CallOptions): Promise<SyncSheetResponse> =>
  call({ method: 'POST', path: '/api/v1/sheets/{sheet_id}/sync', body: 'json', answer: 'json' }, input, options)

export type CreateProcessingSessionInput = {
  body: SessionCreateRequest
}
/**
 * Open a processing session.
 *
 * Creates an empty session of the given kind, optionally with sender data. Leads, uploads and processing hang off its id. Free; credits are spent when processing starts.
 */
export const createProcessingSession = (call: Call, input: CreateProcessingSessionInput, options?: CallOptions): Promise<SessionCreateResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/create', body: 'json', answer: 'json' }, input, options)

export type CreateSessionFromExistingDatasetInput = {
  dataset_id: string
  body: SessionCreateRequest
}
/**
 * Open a session over a stored dataset.
 *
 * Starts a fresh session linked to a dataset the caller already has, to enrich it again without another upload. The dataset keeps its rows.
 */
export const createSessionFromExistingDataset = (call: Call, input: CreateSessionFromExistingDatasetInput, options?: CallOptions): Promise<SessionCreateResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/datasets/{dataset_id}/new-session', body: 'json', answer: 'json' }, input, options)

export type DeleteSessionInput = {
  session_id: string
  /** Stop work that is under way first; without it that is a 409. Ours. */
  cancel?: boolean | undefined
}
/**
 * Delete a session.
 *
 * Removes the session, its results and its queued work. Datasets that exist on their own stay. Not reversible. While it is being worked on this is a 409, unless cancel=true, which stops the work first.
 */
export const deleteSession = (call: Call, input: DeleteSessionInput, options?: CallOptions): Promise<SessionDeleteResponse> =>
  call({ method: 'DELETE', path: '/api/v1/sessions/{session_id}', query: ['cancel'], answer: 'json' }, input, options)

export type UpdateSenderDataInput = {
  session_id: string
  body: SenderDataUpdateRequest
}
/**
 * Set sender data.
 *
 * Adds or changes the sender fields of a session, following merge_strategy: update, fill, deep_update or replace. It is done when the answer comes; job_id stays null.
 */
export const updateSenderData = (call: Call, input: UpdateSenderDataInput, options?: CallOptions): Promise<SenderDataUpdateResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/sender-data', body: 'json', answer: 'json' }, input, options)

export type BulkUpdateSenderDataInput = {
  session_id: string
  /** update: later values win; fill: only what is missing or empty is added; deep_update: as update, inside nested objects too; replace: starts afresh. */
  merge_strategy?: 'update' | 'fill' | 'deep_update' | 'replace' | undefined
  body: Record<string, unknown>[]
}
/**
 * Set sender data from several sources.
 *
 * Takes a bare JSON array of sender objects and folds them in order into the session's sender data, following merge_strategy: update, fill, deep_update or replace.
 */
export const bulkUpdateSenderData = (call: Call, input: BulkUpdateSenderDataInput, options?: CallOptions): Promise<SenderDataUpdateResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/sender-data/bulk', query: ['merge_strategy'], body: 'json', answer: 'json' }, input, options)

export type AddLeadsToSessionInput = {
  session_id: string
  body: AddLeadsRequest
}
/**
 * Queue more leads.
 *
 * Appends leads with arbitrary fields to a session that is neither being worked on nor finished. They are rows of its dataset, which the first of them make. A lead without an address is kept; a second one of an address is left out and counted. Nothing is processed or charged until processing is started.
 */
export const addLeadsToSession = (call: Call, input: AddLeadsToSessionInput, options?: CallOptions): Promise<AddLeadsResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/leads', body: 'json', answer: 'json' }, input, options)

export type GetSessionStatusInput = {
  session_id: string
}
/**
 * Where a session stands.
 *
 * Counters, percentage, metadata and jobs of a session; cheap enough to poll. Timestamps are Unix numbers, unlike most of the API.
 */
export const getSessionStatus = (call: Call, input: GetSessionStatusInput, options?: CallOptions): Promise<SessionStatus> =>
  call({ method: 'GET', path: '/api/v1/sessions/{session_id}/status', answer: 'json' }, input, options)

export type GetJobStatusInput = {
  session_id: string
  job_id: string
}
/**
 * State of one session job.
 *
 * Reports a background job that belongs to the session: its processing, or a file that was read into it. Result or error are there once it has ended. Timestamps are Unix numbers.
 */
export const getJobStatus = (call: Call, input: GetJobStatusInput, options?: CallOptions): Promise<SessionJobStatus> =>
  call({ method: 'GET', path: '/api/v1/sessions/{session_id}/jobs/{job_id}/status', answer: 'json' }, input, options)

export type StartSessionProcessingInput = {
  session_id: string
  body?: SessionProcessRequest
}
/**
 * Start working through a session.
 *
 * Enqueues every waiting lead of the session and returns a job to poll; leads that failed before are tried again. 400 when the session holds no leads, 409 when it is already running or every lead is done. A personalization session writes one message to each lead, with custom_prompt or else the prompt of its sender profile; it needs sender data, and a message that could not be written costs nothing. For an enrichment session without another adapter what is learned is only what follows from a lead’s own fields and from other rows of the workspace, costs nothing and says its source.
 */
export const startSessionProcessing = (call: Call, input: StartSessionProcessingInput, options?: CallOptions): Promise<SessionProcessResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/process', body: 'json', answer: 'json' }, input, options)

export type CancelSessionProcessingInput = {
  session_id: string
}
/**
 * Stop working through a session.
 *
 * Leads that are done stay done and are paid for; the others wait again and can be processed later. A file that is being read is given up a moment later, and the session is failed then.
 */
export const cancelSessionProcessing = (call: Call, input: CancelSessionProcessingInput, options?: CallOptions): Promise<SessionCancelResponse> =>
  call({ method: 'POST', path: '/api/v1/sessions/{session_id}/cancel', answer: 'json' }, input, options)

export type GetSessionResultsInput = {
  session_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  status?: 'pending' | 'processing' | 'completed' | 'failed' | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Read session results.
 *
 * Rows with their outcome, readable while the session is still running (unfinished rows are pending, those being worked on processing). Paged by offset and limit, or by cursor.
 */
export const getSessionResults = (call: Call, input: GetSessionResultsInput, options?: CallOptions): Promise<SessionResultsResponse> =>
  call({ method: 'GET', path: '/api/v1/sessions/{session_id}/results', query: ['limit', 'offset', 'status', 'cursor'], answer: 'json' }, input, options)

export type ProcessFileEnrichmentInput = {
  body: ProcessFileRequest
}
/**
 * Queue enrichment of LinkedIn URLs.
 *
 * Enriches the leads of a session that are named here by LinkedIn profile, company domain or name, and no others; who is in no row yet gets one. It validates what is named and the session, holds the credits it may cost, and enqueues a background job, whose id it returns with a cost and time estimate. Answers before anybody is worked on. Malformed and repeated entries are left out and listed; 400 when nobody usable is left, 409 while the session is busy or when everybody named is done.
 */
export const processFileEnrichment = (call: Call, input: ProcessFileEnrichmentInput, options?: CallOptions): Promise<ProcessFileResponse> =>
  call({ method: 'POST', path: '/api/v1/enrichment/process-file', body: 'json', answer: 'json' }, input, options)

export type GetEnrichmentJobStatusInput = {
  job_id: string
}
/**
 * Progress of an enrichment job.
 *
 * Detailed state of one job: percentage, counters, timing, credits spent, result or error. job_id must be a UUID (400) of this workspace (404). Terminal states are finished, failed and cancelled. Jobs that were started for a whole session are told too. While it runs the work is stopped by cancel_session_processing.
 */
export const getEnrichmentJobStatus = (call: Call, input: GetEnrichmentJobStatusInput, options?: CallOptions): Promise<EnrichmentJobStatus> =>
  call({ method: 'GET', path: '/api/v1/enrichment/job/{job_id}/status', answer: 'json' }, input, options)

/**
 * Open an enrichment chat.
 *
 * Creates a chat session of this workspace and returns the assistant’s greeting with its timing. Takes no body and charges nothing. The conversation stands in the database and goes on after a restart.
 */
export const startEnrichmentChat = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<EnrichmentChatResponse> =>
  call({ method: 'POST', path: '/api/v1/enrichment-chat/start', answer: 'json' }, input, options)

export type SendEnrichmentMessageInput = {
  body: EnrichmentChatRequest
}
/**
 * Say something in an enrichment chat.
 *
 * Validates and sanitises the text, runs one assistant turn and returns the reply with timing and status. Rate limited. What is named, or the attached file, is offered with its cost in credits; only a plain yes to that offer starts the work, and job_id and processing_session_id are set then. A turn that fails, be it for credits or because a model cannot answer, leaves the conversation where it was. A second message while one is being answered is a 409.
 */
export const sendEnrichmentMessage = (call: Call, input: SendEnrichmentMessageInput, options?: CallOptions): Promise<EnrichmentChatResponse> =>
  call({ method: 'POST', path: '/api/v1/enrichment-chat/message', body: 'json', answer: 'json' }, input, options)

export type NotifyFileUploadedInput = {
  session_id: string
  body: EnrichmentFileInfo
}
/**
 * Tell the chat a file arrived.
 *
 * Stores details of an uploaded file in the chat context so that later turns can use it. session_id is the chat session; processing_session_id is the enrichment session that the file was uploaded to. Moves no rows and charges nothing; what was offered before is withdrawn.
 */
export const notifyFileUploaded = (call: Call, input: NotifyFileUploadedInput, options?: CallOptions): Promise<EnrichmentFileAck> =>
  call({ method: 'POST', path: '/api/v1/enrichment-chat/file-uploaded/{session_id}', body: 'json', answer: 'json' }, input, options)

export type GetSessionFileDataInput = {
  session_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * Rows of the file in a chat session.
 *
 * Returns the uploaded leads and file metadata so that an agent can enrich them, in the order of the file. 404 when no file was attached or its rows are gone.
 */
export const getSessionFileData = (call: Call, input: GetSessionFileDataInput, options?: CallOptions): Promise<EnrichmentFileData> =>
  call({ method: 'GET', path: '/api/v1/enrichment-chat/session/{session_id}/file-data', query: ['limit', 'offset'], answer: 'json' }, input, options)

export type GetEnrichmentStatusInput = {
  session_id: string
}
/**
 * State of an enrichment conversation.
 *
 * Accepts either a chat session id or a processing session id and reports the processing state, counters and results.
 */
export const getEnrichmentStatus = (call: Call, input: GetEnrichmentStatusInput, options?: CallOptions): Promise<EnrichmentChatStatus> =>
  call({ method: 'GET', path: '/api/v1/enrichment-chat/session/{session_id}/status', answer: 'json' }, input, options)

export type QueuePersonalizationRequestInput = {
  body: PersonalizeRequest
}
/**
 * Queue one personalised email.
 *
 * Queues background generation for one lead and sender, both free-form. Returns a job id with time and credit estimates; poll status, then fetch the result.
 */
export const queuePersonalizationRequest = (call: Call, input: QueuePersonalizationRequestInput, options?: CallOptions): Promise<PersonalizeJobResponse> =>
  call({ method: 'POST', path: '/api/v1/personalize', body: 'json', answer: 'json' }, input, options)

export type QueueBulkPersonalizationRequestsInput = {
  body: PersonalizeBulkRequest
}
/**
 * Queue many personalised emails.
 *
 * Queues 1 to 100 lead and sender pairs as a single job; status reports processed and failed leads for the whole set, and the result lists each.
 */
export const queueBulkPersonalizationRequests = (call: Call, input: QueueBulkPersonalizationRequestsInput, options?: CallOptions): Promise<PersonalizeJobResponse> =>
  call({ method: 'POST', path: '/api/v1/personalize/bulk', body: 'json', answer: 'json' }, input, options)

export type ListUsersDatasetsForTheInlineDataSourcePickerInput = {
  limit?: number | undefined
}
/**
 * Datasets for the data-source picker.
 *
 * The workspace’s live (not archived) datasets, newest first, for choosing leads inside the playground; 50 unless limit says otherwise.
 */
export const listUsersDatasetsForTheInlineDataSourcePicker = (call: Call, input?: ListUsersDatasetsForTheInlineDataSourcePickerInput, options?: CallOptions): Promise<PickerDatasetsResponse> =>
  call({ method: 'GET', path: '/api/v1/personalize/datasets', query: ['limit'], answer: 'json' }, input, options)

/**
 * Stock prompt text.
 *
 * The current stock system prompt, offered as a starting point for edits. The same for every user.
 */
export const fetchTheDefaultPersonalizationPrompt = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<DefaultPromptResponse> =>
  call({ method: 'GET', path: '/api/v1/personalize/default-prompt', answer: 'json' }, input, options)

export type ResolveThePromptThePlaygroundShouldBootIntoInput = {
  /** Profile to resolve for; the default profile when omitted. */
  sender_profile_id?: string | undefined
}
/**
 * Prompt the playground should open with.
 *
 * The most recently saved named prompt of the profile if there is one, else the profile’s custom_prompt, else the stock default. prompt_source says which won. Without sender_profile_id it is the caller’s default profile.
 */
export const resolveThePromptThePlaygroundShouldBootInto = (call: Call, input?: ResolveThePromptThePlaygroundShouldBootIntoInput, options?: CallOptions): Promise<EffectivePromptResponse> =>
  call({ method: 'GET', path: '/api/v1/personalize/effective-prompt', query: ['sender_profile_id'], answer: 'json' }, input, options)

export type ListRecentGenerationRunsForAGivenPromptInput = {
  /** Sender profile UUID. */
  sender_profile_id: string
  prompt_source: 'named' | 'custom_prompt'
  /** Needed for named prompts. */
  prompt_name?: string | undefined
  limit?: number | undefined
}
/**
 * Recent runs of a prompt.
 *
 * Newest runs made with one prompt of one sender profile. prompt_name must be given when prompt_source is named and is ignored otherwise. There is no offset, only has_more.
 */
export const listRecentGenerationRunsForAGivenPrompt = (call: Call, input: ListRecentGenerationRunsForAGivenPromptInput, options?: CallOptions): Promise<RunListResponse> =>
  call({ method: 'GET', path: '/api/v1/personalize/generations', query: ['sender_profile_id', 'prompt_source', 'prompt_name', 'limit'], answer: 'json' }, input, options)

export type GetASingleRunAndItsFirst500PerLeadGenerationsInput = {
  run_id: string
}
/**
 * One run with its mails.
 *
 * The run with its first 500 per-lead generations, in the order of its leads; use the leads endpoint when has_more is true. It may be one of any prompt, also the stock one.
 */
export const getASingleRunAndItsFirst500PerLeadGenerations = (call: Call, input: GetASingleRunAndItsFirst500PerLeadGenerationsInput, options?: CallOptions): Promise<RunDetailResponse> =>
  call({ method: 'GET', path: '/api/v1/personalize/generations/runs/{run_id}', answer: 'json' }, input, options)

export type PaginatedLeadsListForASingleRunInput = {
  run_id: string
  /** Rows to skip. */
  offset?: number | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
}
/**
 * Page through a run’s mails.
 *
 * Offset paging over the per-lead generations of a run, meant for runs above 500 leads.
 */
export const paginatedLeadsListForASingleRun = (call: Call, input: PaginatedLeadsListForASingleRunInput, options?: CallOptions): Promise<RunLeadsResponse> =>
  call({ method: 'GET', path: '/api/v1/personalize/generations/runs/{run_id}/leads', query: ['offset', 'limit'], answer: 'json' }, input, options)

export type SyncPreviewOfAPersonalizedEmailForASingleLeadInput = {
  body: PreviewRequest
}
/**
 * Personalise one lead right now.
 *
 * Researches the lead, finds common ground and writes the mail in the same request, within 100 seconds. Creates no campaign and no job. Needs sender_profile_id or sender_data; the answer names the prompt source, the facts that the text leans on and what the quality gates say. Costs credits only when a text came.
 */
export const syncPreviewOfAPersonalizedEmailForASingleLead = (call: Call, input: SyncPreviewOfAPersonalizedEmailForASingleLeadInput, options?: CallOptions): Promise<PreviewResponse> =>
  call({ method: 'POST', path: '/api/v1/personalize/preview', body: 'json', answer: 'json' }, input, options)

export type BatchPreviewSseInput = {
  body: BatchPreviewRequest
}
/**
 * Stream previews for up to 25 leads.
 *
 * Server-sent events: one lead_result for each lead and a closing done. Leads are handled one after another; one that fails is a lead_result with an error, and the others go on. Every event carries client_run_id as batch_id, so that a client can drop events of an older run. An unknown active_prompt_name is no error. A client that hangs up ends the work, and pays only for what was written. Idempotency-Key is ignored: a stream is not replayed.
 */
export const batchPreviewSse = (call: Call, input: BatchPreviewSseInput, options?: CallOptions): Promise<AsyncIterable<ServerEvent>> =>
  call({ method: 'POST', path: '/api/v1/personalize/preview/batch', body: 'json', answer: 'events' }, input, options)

export type GetPersonalizationJobResultInput = {
  job_id: string
}
/**
 * Text of a finished job.
 *
 * The email, its subject and how the common ground was found; of a bulk job those of the first message, and under results every lead. Only for completed jobs: 409 while the job is still running, and when it failed.
 */
export const getPersonalizationJobResult = (call: Call, input: GetPersonalizationJobResultInput, options?: CallOptions): Promise<PersonalizeResult> =>
  call({ method: 'GET', path: '/api/v1/personalize/result/{job_id}', answer: 'json' }, input, options)

export type SaveACustomPromptOntoASenderProfileInput = {
  body: SavePromptRequest
}
/**
 * Keep a prompt on a sender profile.
 *
 * Upserts the prompt into a named slot of the profile (slot saved unless told otherwise) and mirrors it to the profile’s custom_prompt in one transaction, so later campaigns use it. Reserved slot names give 422.
 */
export const saveACustomPromptOntoASenderProfile = (call: Call, input: SaveACustomPromptOntoASenderProfileInput, options?: CallOptions): Promise<SavePromptResponse> =>
  call({ method: 'POST', path: '/api/v1/personalize/save-prompt', body: 'json', answer: 'json' }, input, options)

export type CheckPersonalizationJobStatusInput = {
  job_id: string
}
/**
 * Progress of a personalization job.
 *
 * Percentage, processed and failed leads, timing and credits used. Counts are true at every moment.
 */
export const checkPersonalizationJobStatus = (call: Call, input: CheckPersonalizationJobStatusInput, options?: CallOptions): Promise<PersonalizeJobStatus> =>
  call({ method: 'GET', path: '/api/v1/personalize/status/{job_id}', answer: 'json' }, input, options)

export type GetJobInput = {
  job_id: string
}
/**
 * How far a long piece of work is.
 *
 * With Accept: text/event-stream the answer follows the work, as /api/v1/jobs/{job_id}/events does. Counts are true at every moment: what is over does not move, and what begins again after a crash counts from 0.
 */
export const getJob = (call: Call, input: GetJobInput, options?: CallOptions): Promise<Job> =>
  call({ method: 'GET', path: '/api/v1/jobs/{job_id}', answer: 'json' }, input, options)

export type StreamJobInput = {
  job_id: string
  /** For clients that cannot set the header Last-Event-ID. */
  last_event_id?: string | undefined
}
/**
 * Follow a long piece of work.
 *
 * Server-sent events: progress whenever it changes, and done at the end, each with the whole job. A client that comes back with Last-Event-ID (or last_event_id) is told only what is new; 204 where it has the end already.
 */
export const streamJob = (call: Call, input: StreamJobInput, options?: CallOptions): Promise<AsyncIterable<ServerEvent>> =>
  call({ method: 'GET', path: '/api/v1/jobs/{job_id}/events', query: ['last_event_id'], answer: 'events' }, input, options)

export type ListDomainsInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List sending domains.
 *
 * The whole set in one answer, or a page of it with limit.
 */
export const listDomains = (call: Call, input?: ListDomainsInput, options?: CallOptions): Promise<BavimailDomain[]> =>
  call({ method: 'GET', path: '/api/v1/bavimail/domains', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type AddDomainInput = {
  body: BavimailDomainCreate
}
/**
 * Register a sending domain.
 *
 * Makes a signing key for it. Publish the records from the setup route, then verify. A sandbox domain is verified at once.
 */
export const addDomain = (call: Call, input: AddDomainInput, options?: CallOptions): Promise<BavimailDomain> =>
  call({ method: 'POST', path: '/api/v1/bavimail/domains', body: 'json', answer: 'json' }, input, options)

export type GetDomainInput = {
  domain_id: string
}
/** Read one domain. */
export const getDomain = (call: Call, input: GetDomainInput, options?: CallOptions): Promise<BavimailDomain> =>
  call({ method: 'GET', path: '/api/v1/bavimail/domains/{domain_id}', answer: 'json' }, input, options)

export type UpdateDomainInput = {
  domain_id: string
  body: BavimailDomainUpdate
}
/**
 * Change domain settings.
 *
 * Partial update despite the verb: absent fields stay as they are.
 */
export const updateDomain = (call: Call, input: UpdateDomainInput, options?: CallOptions): Promise<BavimailDomain> =>
  call({ method: 'PUT', path: '/api/v1/bavimail/domains/{domain_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteDomainInput = {
  domain_id: string
  /** Another domain or an alias, which takes over campaigns and leads; their next messages begin new threads. Ours. */
  reassign_to?: string | undefined
}
/**
 * Remove a domain.
 *
 * Its aliases stop working; what was sent and received stays readable. A domain that active campaigns use is refused, unless reassign_to names who takes over.
 */
export const deleteDomain = (call: Call, input: DeleteDomainInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/bavimail/domains/{domain_id}', query: ['reassign_to'], answer: 'none' }, input, options)

export type GetDomainSetupInput = {
  domain_id: string
}
/**
 * Get DNS records to publish.
 *
 * Lists every record with its exact value, which of them are needed, and what each is for; no DNS look-up is made.
 */
export const getDomainSetup = (call: Call, input: GetDomainSetupInput, options?: CallOptions): Promise<BavimailDomainSetup> =>
  call({ method: 'GET', path: '/api/v1/bavimail/domains/{domain_id}/setup', answer: 'json' }, input, options)

export type CheckDnsStatusInput = {
  domain_id: string
  /** Query DNS instead of using the cached check. */
  force_refresh?: boolean | undefined
}
/**
 * Check DNS record state.
 *
 * Serves a check of the last five minutes unless force_refresh is true. Does not change the domain’s own status.
 */
export const checkDnsStatus = (call: Call, input: CheckDnsStatusInput, options?: CallOptions): Promise<BavimailDnsStatus> =>
  call({ method: 'GET', path: '/api/v1/bavimail/domains/{domain_id}/dns-status', query: ['force_refresh'], answer: 'json' }, input, options)

export type VerifyDomainInput = {
  domain_id: string
  body?: {
    force?: boolean
  }
}
/**
 * Verify a domain now.
 *
 * Queues a check of the ownership and DKIM records: the status becomes verifying, then verified or failed. force repeats it for a verified domain, which goes on sending meanwhile.
 */
export const verifyDomain = (call: Call, input: VerifyDomainInput, options?: CallOptions): Promise<BavimailDomainVerifyResponse> =>
  call({ method: 'POST', path: '/api/v1/bavimail/domains/{domain_id}/verify', body: 'json', answer: 'json' }, input, options)

export type RotateDomainDkimInput = {
  domain_id: string
}
/**
 * Make the next signing key.
 *
 * Answers the records to publish, the new key’s among them. The present key signs until the new one is found in DNS, and its record stays needed for 7 days after that. Asking again makes no further key.
 */
export const rotateDomainDkim = (call: Call, input: RotateDomainDkimInput, options?: CallOptions): Promise<BavimailDomainSetup> =>
  call({ method: 'POST', path: '/api/v1/bavimail/domains/{domain_id}/rotate-dkim', answer: 'json' }, input, options)

/**
 * Get bounce and complaint health.
 *
 * Figures of the last 7 days for the workspace and each of its domains, the band they fall in, and the lines between the bands. From warning on an alert is raised, from critical on campaigns are paused, while blocked none can be launched or resumed.
 */
export const getSendingHealth = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<SendingHealth> =>
  call({ method: 'GET', path: '/api/v1/sending-health', answer: 'json' }, input, options)

export type LiftSendingBlockInput = {
  body: LiftBlockRequest
}
/**
 * Lift a block for a day.
 *
 * Campaigns of a blocked workspace or domain can be launched and resumed for 24 hours. Needs a log-in session and a note, and is audited.
 */
export const liftSendingBlock = (call: Call, input: LiftSendingBlockInput, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/api/v1/sending-health/lift', body: 'json', answer: 'none' }, input, options)

export type ListAliasesInput = {
  domain_id?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List aliases.
 *
 * The whole set or one domain’s, in one answer; or a page of it with limit.
 */
export const listAliases = (call: Call, input?: ListAliasesInput, options?: CallOptions): Promise<BavimailAlias[]> =>
  call({ method: 'GET', path: '/api/v1/bavimail/aliases', query: ['domain_id', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type CreateAliasInput = {
  body: BavimailAliasCreate
}
/**
 * Create an alias.
 *
 * Makes an address on one of the workspace’s domains. A taken local part gives 409.
 */
export const createAlias = (call: Call, input: CreateAliasInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'POST', path: '/api/v1/bavimail/aliases', body: 'json', answer: 'json' }, input, options)

export type GetAliasInput = {
  alias_id: string
}
/** Read one alias. */
export const getAlias = (call: Call, input: GetAliasInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'GET', path: '/api/v1/bavimail/aliases/{alias_id}', answer: 'json' }, input, options)

export type UpdateAliasInput = {
  alias_id: string
  body: BavimailAliasUpdate
}
/**
 * Change an alias.
 *
 * Changes the fields sent; a null signature removes it. With another local part the old address stops sending and receiving at once: answers to what it sent no longer arrive. A taken local part gives 409.
 */
export const updateAlias = (call: Call, input: UpdateAliasInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'PUT', path: '/api/v1/bavimail/aliases/{alias_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteAliasInput = {
  alias_id: string
  /** Another alias, which takes over the campaigns and leads of this one; ours. */
  reassign_to?: string | undefined
}
/**
 * Remove an alias.
 *
 * The address stops sending and receiving and can be made anew; its mail stays readable. 409 names the campaigns that would still send from it; with reassign_to another alias takes them over, and their follow-ups begin new threads.
 */
export const deleteAlias = (call: Call, input: DeleteAliasInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/bavimail/aliases/{alias_id}', query: ['reassign_to'], answer: 'none' }, input, options)

export type ListEmailsInput = {
  alias_id?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List sent messages.
 *
 * Newest first; a page shorter than limit is the last one. The next page stands in the Link header.
 */
export const listEmails = (call: Call, input?: ListEmailsInput, options?: CallOptions): Promise<BavimailEmail[]> =>
  call({ method: 'GET', path: '/api/v1/bavimail/emails', query: ['alias_id', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type SendEmailInput = {
  body: BavimailSendEmailRequest
}
/**
 * Send or schedule a message.
 *
 * Accepts the message as queued, or as scheduled when send_at lies ahead; delivery follows. Each recipient gets an envelope of its own and is retried alone. Not idempotent by itself: a repeated call sends again, unless it carries the same Idempotency-Key.
 */
export const sendEmail = (call: Call, input: SendEmailInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'POST', path: '/api/v1/bavimail/emails', body: 'json', answer: 'json' }, input, options)

export type GetEmailInput = {
  email_id: string
}
/**
 * Read one sent message.
 *
 * Includes bodies, delivery state and tracking counters.
 */
export const getEmail = (call: Call, input: GetEmailInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'GET', path: '/api/v1/bavimail/emails/{email_id}', answer: 'json' }, input, options)

export type CancelEmailInput = {
  email_id: string
}
/**
 * Cancel a scheduled message.
 *
 * Works until the first of its recipients is being sent to; 409 after that. There is no reschedule: cancel and send again.
 */
export const cancelEmail = (call: Call, input: CancelEmailInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'POST', path: '/api/v1/bavimail/emails/{email_id}/cancel', answer: 'json' }, input, options)

export type GetEmailClicksInput = {
  email_id: string
  link_id?: string | undefined
  include_bots?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * List click events of a message.
 *
 * Newest first. Clicks judged to be machines are left out unless include_bots is true.
 */
export const getEmailClicks = (call: Call, input: GetEmailClicksInput, options?: CallOptions): Promise<BavimailEmailClicksResponse> =>
  call({ method: 'GET', path: '/api/v1/bavimail/emails/{email_id}/clicks', query: ['link_id', 'include_bots', 'limit', 'offset'], answer: 'json' }, input, options)

export type GetEmailLinksInput = {
  email_id: string
}
/**
 * List tracked links of a message.
 *
 * Empty when click tracking was off.
 */
export const getEmailLinks = (call: Call, input: GetEmailLinksInput, options?: CallOptions): Promise<BavimailTrackedLink[]> =>
  call({ method: 'GET', path: '/api/v1/bavimail/emails/{email_id}/links', answer: 'json' }, input, options)

export type MailSendEmailInput = {
  body: BavimailSendEmailRequest
}
/**
 * Send or schedule a message.
 *
 * Accepts the message as queued, or as scheduled when send_at lies ahead; delivery follows. Each recipient gets an envelope of its own and is retried alone. Not idempotent by itself: a repeated call sends again, unless it carries the same Idempotency-Key.
 */
export const mailSendEmail = (call: Call, input: MailSendEmailInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'POST', path: '/mail/v1/emails', body: 'json', answer: 'json' }, input, options)

export type MailListEmailsInput = {
  alias_id?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * List sent messages.
 *
 * Newest first; a page shorter than limit is the last one.
 */
export const mailListEmails = (call: Call, input?: MailListEmailsInput, options?: CallOptions): Promise<BavimailEmail[]> =>
  call({ method: 'GET', path: '/mail/v1/emails', query: ['alias_id', 'limit', 'offset'], answer: 'json' }, input, options)

export type MailSendEmailBatchInput = {
  body: MailBatchRequest
}
/**
 * Send up to 100 messages.
 *
 * Each message is accepted or rejected by itself; results stand in the order of the request.
 */
export const mailSendEmailBatch = (call: Call, input: MailSendEmailBatchInput, options?: CallOptions): Promise<MailBatchResult> =>
  call({ method: 'POST', path: '/mail/v1/emails/batch', body: 'json', answer: 'json' }, input, options)

export type MailGetEmailInput = {
  email_id: string
}
/** Read one sent message. */
export const mailGetEmail = (call: Call, input: MailGetEmailInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'GET', path: '/mail/v1/emails/{email_id}', answer: 'json' }, input, options)

export type MailCancelEmailInput = {
  email_id: string
}
/**
 * Cancel a scheduled message.
 *
 * Works until the first of its recipients is being sent to; 409 after that. There is no reschedule: cancel and send again.
 */
export const mailCancelEmail = (call: Call, input: MailCancelEmailInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'POST', path: '/mail/v1/emails/{email_id}/cancel', answer: 'json' }, input, options)

export type MailListEmailClicksInput = {
  email_id: string
  link_id?: string | undefined
  include_bots?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * List click events of a message.
 *
 * Newest first. Clicks judged to be machines are left out unless include_bots is true.
 */
export const mailListEmailClicks = (call: Call, input: MailListEmailClicksInput, options?: CallOptions): Promise<BavimailEmailClicksResponse> =>
  call({ method: 'GET', path: '/mail/v1/emails/{email_id}/clicks', query: ['link_id', 'include_bots', 'limit', 'offset'], answer: 'json' }, input, options)

export type MailListEmailLinksInput = {
  email_id: string
}
/** List tracked links of a message. */
export const mailListEmailLinks = (call: Call, input: MailListEmailLinksInput, options?: CallOptions): Promise<BavimailTrackedLink[]> =>
  call({ method: 'GET', path: '/mail/v1/emails/{email_id}/links', answer: 'json' }, input, options)

export type MailListEmailEventsInput = {
  email_id: string
  /** Such as delivered, or email.outbound.delivered. */
  event_type?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * List what happened to a message.
 *
 * Oldest first: scheduled, sent, delivered, deferred, bounced, opened, clicked, replied, complained, …
 */
export const mailListEmailEvents = (call: Call, input: MailListEmailEventsInput, options?: CallOptions): Promise<MailEmailEvents> =>
  call({ method: 'GET', path: '/mail/v1/emails/{email_id}/events', query: ['event_type', 'limit', 'offset'], answer: 'json' }, input, options)

export type MailValidateEmailInput = {
  body: {
    email: string
    /** Ask the DNS whether the domain takes mail. */
    check_mx?: boolean
  }
}
/**
 * Assess an address before writing to it.
 *
 * Spelling, DNS, kind of mailbox and the suppression list; nothing is sent and no mailbox is asked.
 */
export const mailValidateEmail = (call: Call, input: MailValidateEmailInput, options?: CallOptions): Promise<MailAddressRisk> =>
  call({ method: 'POST', path: '/mail/v1/emails/validate', body: 'json', answer: 'json' }, input, options)

export type MailUploadAttachmentsInput = {
  body: {
    /** A file; repeat the part for several. */
    files: Blob[]
  }
}
/**
 * Store files for messages.
 *
 * One or more parts, all named files; the answer keeps their order. Each is bounded by ATTACHMENT_MAX_BYTES.
 */
export const mailUploadAttachments = (call: Call, input: MailUploadAttachmentsInput, options?: CallOptions): Promise<MailAttachmentsUploaded> =>
  call({ method: 'POST', path: '/mail/v1/attachments', body: 'form', answer: 'json' }, input, options)

export type MailListAttachmentsInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  sort?: 'created_desc' | 'created_asc' | 'size_desc' | 'size_asc' | undefined
}
/** List stored files. */
export const mailListAttachments = (call: Call, input?: MailListAttachmentsInput, options?: CallOptions): Promise<MailAttachmentPage> =>
  call({ method: 'GET', path: '/mail/v1/attachments', query: ['limit', 'offset', 'sort'], answer: 'json' }, input, options)

export type MailGetAttachmentInput = {
  attachment_id: string
}
/** Read what is known of a stored file. */
export const mailGetAttachment = (call: Call, input: MailGetAttachmentInput, options?: CallOptions): Promise<MailAttachmentFile> =>
  call({ method: 'GET', path: '/mail/v1/attachments/{attachment_id}', answer: 'json' }, input, options)

export type MailDeleteAttachmentInput = {
  attachment_id: string
}
/**
 * Delete a stored file.
 *
 * Only one that no message carries; otherwise 409.
 */
export const mailDeleteAttachment = (call: Call, input: MailDeleteAttachmentInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/attachments/{attachment_id}', answer: 'none' }, input, options)

export type MailDownloadAttachmentInput = {
  attachment_id: string
  /** Show it in a browser instead of saving it; only images, PDF and plain text are. */
  inline?: boolean | undefined
}
/** Download a stored file. */
export const mailDownloadAttachment = (call: Call, input: MailDownloadAttachmentInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/mail/v1/attachments/{attachment_id}/download', query: ['inline'], answer: 'file' }, input, options)

export type MailDownloadAttachmentByLinkInput = {
  token: string
}
/**
 * Download a stored file by its signed address.
 *
 * The download_url of an attachment, uploaded or received. It needs no credential and works for an hour.
 */
export const mailDownloadAttachmentByLink = (call: Call, input: MailDownloadAttachmentByLinkInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/mail/v1/attachment-downloads/{token}', answer: 'file' }, input, options)

export type MailBulkDeleteAttachmentsInput = {
  body: {
    attachment_ids: string[]
  }
}
/** Delete several stored files. */
export const mailBulkDeleteAttachments = (call: Call, input: MailBulkDeleteAttachmentsInput, options?: CallOptions): Promise<MailAttachmentBulkDeleted> =>
  call({ method: 'POST', path: '/mail/v1/attachments/bulk-delete', body: 'json', answer: 'json' }, input, options)

export type ListInboundEmailsInput = {
  alias_id?: string | undefined
  domain_id?: string | undefined
  conversation_id?: string | undefined
  include_warmup?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List received messages.
 *
 * Newest first, without bodies. Warm-up traffic is hidden unless include_warmup is true. The next page stands in the Link header.
 */
export const listInboundEmails = (call: Call, input?: ListInboundEmailsInput, options?: CallOptions): Promise<BavimailInboundEmailSummary[]> =>
  call({ method: 'GET', path: '/api/v1/bavimail/inbound-emails', query: ['alias_id', 'domain_id', 'conversation_id', 'include_warmup', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetInboundEmailInput = {
  email_id: string
}
/**
 * Read one received message.
 *
 * The HTML body comes back without anything that runs or loads besides images, and without tracking pixels where the domain asks for it.
 */
export const getInboundEmail = (call: Call, input: GetInboundEmailInput, options?: CallOptions): Promise<BavimailInboundEmail> =>
  call({ method: 'GET', path: '/api/v1/bavimail/inbound-emails/{email_id}', answer: 'json' }, input, options)

export type DeleteInboundEmailInput = {
  email_id: string
}
/**
 * Delete a received message.
 *
 * For good, with its attachments and what is kept of it raw.
 */
export const deleteInboundEmail = (call: Call, input: DeleteInboundEmailInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/bavimail/inbound-emails/{email_id}', answer: 'none' }, input, options)

export type GetInboundEmailRawInput = {
  email_id: string
}
/**
 * Download a raw message.
 *
 * The bytes as they came (RFC 5322). 404 unless they are kept: where the alias asks for it or the message could not be read, for 30 days.
 */
export const getInboundEmailRaw = (call: Call, input: GetInboundEmailRawInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/api/v1/bavimail/inbound-emails/{email_id}/raw', answer: 'file' }, input, options)

export type DownloadInboundAttachmentInput = {
  email_id: string
  /** Place counted from 0, or the attachment’s id. */
  index: string
}
/**
 * Download an attachment of a received message.
 *
 * By its place counted from 0, or by its id. It is never scanned and always saved, not shown.
 */
export const downloadInboundAttachment = (call: Call, input: DownloadInboundAttachmentInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/api/v1/bavimail/inbound-emails/{email_id}/attachments/{index}', answer: 'file' }, input, options)

export type ListBavimailConversationsInput = {
  alias_id?: string | undefined
  domain_id?: string | undefined
  /** Only threads with a message that way. */
  direction?: 'inbound' | 'outbound' | undefined
  /** Threads of nothing but warm-up mail too. */
  include_warmup?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List conversation threads.
 *
 * Ordered by latest activity, sent and received messages together. Threads of nothing but warm-up mail are left out unless include_warmup is true. The next page stands in the Link header.
 */
export const listBavimailConversations = (call: Call, input?: ListBavimailConversationsInput, options?: CallOptions): Promise<BavimailConversationSummary[]> =>
  call({ method: 'GET', path: '/api/v1/bavimail/conversations', query: ['alias_id', 'domain_id', 'direction', 'include_warmup', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetBavimailConversationInput = {
  conversation_id: string
}
/**
 * Read a thread with its messages.
 *
 * Messages come oldest first; of a very long thread the newest thousand.
 */
export const getBavimailConversation = (call: Call, input: GetBavimailConversationInput, options?: CallOptions): Promise<BavimailConversation> =>
  call({ method: 'GET', path: '/api/v1/bavimail/conversations/{conversation_id}', answer: 'json' }, input, options)

export type ListInboxThreadsInput = {
  view?: InboxView | undefined
  kind?: InboxThreadKind | undefined
  /** true: with unread messages; false: without. */
  unread?: boolean | undefined
  /** true: only starred ones. */
  starred?: boolean | undefined
  /** true: only those in which a person wrote last. */
  needs_answer?: boolean | undefined
  outcome?: InboxOutcome | undefined
  alias_id?: string | undefined
  campaign_id?: string | undefined
  /** Words, or their beginnings, that all stand in subject, addresses, names or text. */
  q?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List and search the threads of the inbox.
 *
 * Over all aliases. Newest activity first, a thread that came back from its snooze as if it were new; of the snoozed ones, which comes back first. Threads of nothing but warm-up mail are left out. A cursor stays right while messages arrive.
 */
export const listInboxThreads = (call: Call, input?: ListInboxThreadsInput, options?: CallOptions): Promise<InboxThreadList> =>
  call({ method: 'GET', path: '/api/v1/inbox/threads', query: ['view', 'kind', 'unread', 'starred', 'needs_answer', 'outcome', 'alias_id', 'campaign_id', 'q', 'limit', 'cursor'], answer: 'json' }, input, options)

export type UpdateInboxThreadsInput = {
  body: InboxThreadsUpdate
}
/**
 * Mark, snooze or move many threads at once.
 *
 * What update_inbox_thread does, to up to 200 threads alike and all in one. Ids that are no thread here are named in the answer; the others are changed.
 */
export const updateInboxThreads = (call: Call, input: UpdateInboxThreadsInput, options?: CallOptions): Promise<InboxThreadsUpdated> =>
  call({ method: 'PATCH', path: '/api/v1/inbox/threads', body: 'json', answer: 'json' }, input, options)

export type CountInboxThreadsInput = {
  alias_id?: string | undefined
  campaign_id?: string | undefined
}
/** Count what is in the inbox. */
export const countInboxThreads = (call: Call, input?: CountInboxThreadsInput, options?: CallOptions): Promise<InboxCounts> =>
  call({ method: 'GET', path: '/api/v1/inbox/threads/counts', query: ['alias_id', 'campaign_id'], answer: 'json' }, input, options)

export type GetInboxThreadInput = {
  thread_id: string
}
/**
 * Read a thread of the inbox with its messages.
 *
 * Oldest first; of a very long thread the newest 500. Bodies are made safe to show and load nothing from elsewhere. Reading marks nothing.
 */
export const getInboxThread = (call: Call, input: GetInboxThreadInput, options?: CallOptions): Promise<InboxThreadDetail> =>
  call({ method: 'GET', path: '/api/v1/inbox/threads/{thread_id}', answer: 'json' }, input, options)

export type UpdateInboxThreadInput = {
  thread_id: string
  body: InboxThreadUpdate
}
/**
 * Mark, snooze or move a thread.
 *
 * All that is asked for, or nothing. Done and snoozed exclude each other: the later one holds.
 */
export const updateInboxThread = (call: Call, input: UpdateInboxThreadInput, options?: CallOptions): Promise<InboxThreadDetail> =>
  call({ method: 'PATCH', path: '/api/v1/inbox/threads/{thread_id}', body: 'json', answer: 'json' }, input, options)

export type LoadInboxMessageImagesInput = {
  email_id: string
}
/**
 * Read a received message with its images from elsewhere.
 *
 * This instance fetches them, without anything of the reader; whoever serves them still learns that somebody loads them. Up to 40 images of 3 MB each and about 7 MB in all; what cannot be had is left out. In a live workspace only.
 */
export const loadInboxMessageImages = (call: Call, input: LoadInboxMessageImagesInput, options?: CallOptions): Promise<InboxMessageImages> =>
  call({ method: 'GET', path: '/api/v1/inbox/messages/{email_id}/images', answer: 'json' }, input, options)

export type AnswerInboxThreadInput = {
  thread_id: string
  body: InboxAnswer
}
/**
 * Answer a thread.
 *
 * To whoever wrote last, from the alias they wrote to, in the same thread, without tracking. Marks the thread as read. With delay_seconds it can be cancelled meanwhile (cancel_email).
 */
export const answerInboxThread = (call: Call, input: AnswerInboxThreadInput, options?: CallOptions): Promise<BavimailEmail> =>
  call({ method: 'POST', path: '/api/v1/inbox/threads/{thread_id}/answer', body: 'json', answer: 'json' }, input, options)

export type MailGetDomainOwnershipInput = {
  /** Fully qualified DNS name; other scripts are accepted and turned into ASCII. */
  domain: string
}
/**
 * Get the ownership record of a name before adding it.
 *
 * The TXT record by which this workspace proves that the name is its own. It follows from workspace and name, so it can be published before the domain is added; verified says whether it is published now. It has to stay.
 */
export const mailGetDomainOwnership = (call: Call, input: MailGetDomainOwnershipInput, options?: CallOptions): Promise<MailDomainOwnership> =>
  call({ method: 'GET', path: '/mail/v1/domains/ownership/{domain}', answer: 'json' }, input, options)

export type MailGetDomainSetupRecordsInput = {
  domain_id: string
}
/**
 * Get the DNS records to publish, with the domain.
 *
 * As the setup route, where clients from 1.0 on ask; no DNS look-up is made.
 */
export const mailGetDomainSetupRecords = (call: Call, input: MailGetDomainSetupRecordsInput, options?: CallOptions): Promise<MailDomainSetupRecords> =>
  call({ method: 'GET', path: '/mail/v1/domains/{domain_id}/setup/records', answer: 'json' }, input, options)

export type MailGetDomainSetupStatusInput = {
  domain_id: string
}
/**
 * See how far the setup of a domain is.
 *
 * Ownership, DKIM and MAIL FROM by a check of the last five minutes, and whether the domain can send. Every record by itself stands at dns-status.
 */
export const mailGetDomainSetupStatus = (call: Call, input: MailGetDomainSetupStatusInput, options?: CallOptions): Promise<MailDomainSetupStatus> =>
  call({ method: 'GET', path: '/mail/v1/domains/{domain_id}/setup/status', answer: 'json' }, input, options)

export type MailListDomainsInput = {
  /** Taken for known clients: domains are not transferred between accounts here, so it finds nothing more. */
  include_transferred?: boolean | undefined
}
/**
 * List domains.
 *
 * All of them in one answer.
 */
export const mailListDomains = (call: Call, input?: MailListDomainsInput, options?: CallOptions): Promise<MailDomain[]> =>
  call({ method: 'GET', path: '/mail/v1/domains', query: ['include_transferred'], answer: 'json' }, input, options)

export type MailCreateDomainInput = {
  body: BavimailDomainCreate
}
/**
 * Register a domain.
 *
 * Makes a signing key for it. Publish the records from the setup route, then verify. provider_key is a label that known clients send; mail leaves through this instance’s own transport.
 */
export const mailCreateDomain = (call: Call, input: MailCreateDomainInput, options?: CallOptions): Promise<MailDomain> =>
  call({ method: 'POST', path: '/mail/v1/domains', body: 'json', answer: 'json' }, input, options)

export type MailGetDomainInput = {
  domain_id: string
}
/** Read one domain. */
export const mailGetDomain = (call: Call, input: MailGetDomainInput, options?: CallOptions): Promise<MailDomain> =>
  call({ method: 'GET', path: '/mail/v1/domains/{domain_id}', answer: 'json' }, input, options)

export type MailUpdateDomainInput = {
  domain_id: string
  body: BavimailDomainUpdate
}
/**
 * Change a domain.
 *
 * Changes the fields sent and leaves the rest.
 */
export const mailUpdateDomain = (call: Call, input: MailUpdateDomainInput, options?: CallOptions): Promise<MailDomain> =>
  call({ method: 'PUT', path: '/mail/v1/domains/{domain_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteDomainInput = {
  domain_id: string
  /** Another domain or an alias, which takes over campaigns and leads; their next messages begin new threads. Ours. */
  reassign_to?: string | undefined
}
/**
 * Delete a domain.
 *
 * Its aliases stop working; what was sent and received stays readable. 409 names the campaigns that would still send from it, unless reassign_to names who takes over.
 */
export const mailDeleteDomain = (call: Call, input: MailDeleteDomainInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/domains/{domain_id}', query: ['reassign_to'], answer: 'none' }, input, options)

export type MailGetDomainSetupInput = {
  domain_id: string
}
/**
 * Get the DNS records to publish.
 *
 * Every record with its exact value; no DNS look-up is made.
 */
export const mailGetDomainSetup = (call: Call, input: MailGetDomainSetupInput, options?: CallOptions): Promise<BavimailDomainSetup> =>
  call({ method: 'GET', path: '/mail/v1/domains/{domain_id}/setup', answer: 'json' }, input, options)

export type MailGetDomainDnsStatusInput = {
  domain_id: string
  /** Query DNS instead of using the cached check. */
  force_refresh?: boolean | undefined
}
/**
 * Check the DNS records.
 *
 * A check of the last five minutes, or with force_refresh a fresh one. Does not change the domain’s own status.
 */
export const mailGetDomainDnsStatus = (call: Call, input: MailGetDomainDnsStatusInput, options?: CallOptions): Promise<BavimailDnsStatus> =>
  call({ method: 'GET', path: '/mail/v1/domains/{domain_id}/dns-status', query: ['force_refresh'], answer: 'json' }, input, options)

export type MailVerifyDomainInput = {
  domain_id: string
  body?: {
    force?: boolean
  }
}
/**
 * Verify a domain now.
 *
 * Queues a check: the status becomes verifying, then verified or failed. force repeats it for a verified domain, which goes on sending meanwhile. The answer is the domain with queued, so that clients of every age find what they read.
 */
export const mailVerifyDomain = (call: Call, input: MailVerifyDomainInput, options?: CallOptions): Promise<BavimailDomainVerifyResponse> =>
  call({ method: 'POST', path: '/mail/v1/domains/{domain_id}/verify', body: 'json', answer: 'json' }, input, options)

export type MailListAliasesInput = {
  domain_id?: string | undefined
}
/**
 * List aliases.
 *
 * All of them, or one domain’s, in one answer.
 */
export const mailListAliases = (call: Call, input?: MailListAliasesInput, options?: CallOptions): Promise<BavimailAlias[]> =>
  call({ method: 'GET', path: '/mail/v1/aliases', query: ['domain_id'], answer: 'json' }, input, options)

export type MailCreateAliasInput = {
  body: BavimailAliasCreate
}
/**
 * Create an alias.
 *
 * Makes an address on one of the workspace’s domains. A taken local part gives 409.
 */
export const mailCreateAlias = (call: Call, input: MailCreateAliasInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'POST', path: '/mail/v1/aliases', body: 'json', answer: 'json' }, input, options)

export type MailGetAliasInput = {
  alias_id: string
}
/** Read one alias. */
export const mailGetAlias = (call: Call, input: MailGetAliasInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'GET', path: '/mail/v1/aliases/{alias_id}', answer: 'json' }, input, options)

export type MailUpdateAliasInput = {
  alias_id: string
  body: BavimailAliasUpdate
}
/**
 * Change an alias.
 *
 * Changes the fields sent; a null signature removes it. With another local part the old address stops sending and receiving at once: answers to what it sent no longer arrive. A taken local part gives 409.
 */
export const mailUpdateAlias = (call: Call, input: MailUpdateAliasInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'PUT', path: '/mail/v1/aliases/{alias_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteAliasInput = {
  alias_id: string
  /** Another alias, which takes over the campaigns and leads of this one; ours. */
  reassign_to?: string | undefined
}
/**
 * Delete an alias.
 *
 * The address stops sending and receiving and can be made anew; its mail stays readable. 409 names the campaigns that would still send from it; with reassign_to another alias takes them over, and their follow-ups begin new threads.
 */
export const mailDeleteAlias = (call: Call, input: MailDeleteAliasInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/aliases/{alias_id}', query: ['reassign_to'], answer: 'none' }, input, options)

export type MailSetWarmupTokenInput = {
  alias_id: string
  body: MailWarmupToken
}
/**
 * Name an alias’s warm-up mail.
 *
 * Received mail that carries this token is kept out of lists unless include_warmup is true.
 */
export const mailSetWarmupToken = (call: Call, input: MailSetWarmupTokenInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'PUT', path: '/mail/v1/aliases/{alias_id}/warmup-token', body: 'json', answer: 'json' }, input, options)

export type MailClearWarmupTokenInput = {
  alias_id: string
}
/**
 * Take an alias’s warm-up token away.
 *
 * Answers the alias. What was hidden so far stays hidden.
 */
export const mailClearWarmupToken = (call: Call, input: MailClearWarmupTokenInput, options?: CallOptions): Promise<BavimailAlias> =>
  call({ method: 'DELETE', path: '/mail/v1/aliases/{alias_id}/warmup-token', answer: 'json' }, input, options)

export type MailListInboundEmailsInput = {
  alias_id?: string | undefined
  /** Newer name of alias_id. */
  inbox_id?: string | undefined
  domain_id?: string | undefined
  conversation_id?: string | undefined
  /** Ids of tags and folders, joined by commas. */
  tag_ids?: string[] | undefined
  /** Whether one of the tags is enough. */
  tag_match?: 'any' | 'all' | undefined
  include_warmup?: boolean | undefined
  /** Reports about your own messages too: bounces, complaints, notices. */
  include_bounce?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List received messages.
 *
 * Newest first, without bodies. Warm-up mail and reports about your own messages are left out unless asked for. Clients of the 0.x line get the bare array, those from 1.0 on (by User-Agent or Bavimail-Version) an object with the rows and their number.
 */
export const mailListInboundEmails = (call: Call, input?: MailListInboundEmailsInput, options?: CallOptions): Promise<MailInboundEmailSummary[] | MailInboundPage> =>
  call({ method: 'GET', path: '/mail/v1/inbound-emails', query: ['alias_id', 'inbox_id', 'domain_id', 'conversation_id', 'tag_ids', 'tag_match', 'include_warmup', 'include_bounce', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type MailGetInboundEmailInput = {
  email_id: string
}
/**
 * Read one received message.
 *
 * Bodies and headers are third-party text and must be treated as untrusted. The answer has the fields of both lines of clients.
 */
export const mailGetInboundEmail = (call: Call, input: MailGetInboundEmailInput, options?: CallOptions): Promise<MailInboundEmail> =>
  call({ method: 'GET', path: '/mail/v1/inbound-emails/{email_id}', answer: 'json' }, input, options)

export type MailDeleteInboundEmailInput = {
  email_id: string
}
/**
 * Delete a received message.
 *
 * For good, with its attachments and tags.
 */
export const mailDeleteInboundEmail = (call: Call, input: MailDeleteInboundEmailInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/inbound-emails/{email_id}', answer: 'none' }, input, options)

export type MailGetInboundRawInput = {
  email_id: string
}
/**
 * Download a raw message.
 *
 * The bytes as they came (RFC 5322). 404 unless it is kept: for aliases that ask for it, for 30 days.
 */
export const mailGetInboundRaw = (call: Call, input: MailGetInboundRawInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/mail/v1/inbound-emails/{email_id}/raw', answer: 'file' }, input, options)

export type MailDownloadInboundAttachmentInput = {
  email_id: string
  file: string
}
/**
 * Download an attachment of a received message.
 *
 * By its id, or by its place counted from 0.
 */
export const mailDownloadInboundAttachment = (call: Call, input: MailDownloadInboundAttachmentInput, options?: CallOptions): Promise<Response> =>
  call({ method: 'GET', path: '/mail/v1/inbound-emails/{email_id}/attachments/{file}', answer: 'file' }, input, options)

export type MailMarkInboundReadInput = {
  email_id: string
}
/** Mark a received message as read. */
export const mailMarkInboundRead = (call: Call, input: MailMarkInboundReadInput, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/mail/v1/inbound-emails/{email_id}/mark-read', answer: 'none' }, input, options)

export type MailMarkInboundUnreadInput = {
  email_id: string
}
/** Mark a received message as unread. */
export const mailMarkInboundUnread = (call: Call, input: MailMarkInboundUnreadInput, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/mail/v1/inbound-emails/{email_id}/mark-unread', answer: 'none' }, input, options)

export type MailGetInboundTagsInput = {
  email_id: string
}
/** List a received message’s tags. */
export const mailGetInboundTags = (call: Call, input: MailGetInboundTagsInput, options?: CallOptions): Promise<MailEmailTag[]> =>
  call({ method: 'GET', path: '/mail/v1/inbound-emails/{email_id}/tags', answer: 'json' }, input, options)

export type MailAddInboundTagsInput = {
  email_id: string
  body: MailMessageTags
}
/**
 * Put tags on a received message.
 *
 * Answers all tags of the message. A tag that is there already keeps its time.
 */
export const mailAddInboundTags = (call: Call, input: MailAddInboundTagsInput, options?: CallOptions): Promise<MailEmailTag[]> =>
  call({ method: 'POST', path: '/mail/v1/inbound-emails/{email_id}/tags', body: 'json', answer: 'json' }, input, options)

export type MailReplaceInboundTagsInput = {
  email_id: string
  body: MailMessageTags
}
/**
 * Replace a received message’s tags.
 *
 * The message has exactly these tags afterwards. Safe to repeat.
 */
export const mailReplaceInboundTags = (call: Call, input: MailReplaceInboundTagsInput, options?: CallOptions): Promise<MailEmailTag[]> =>
  call({ method: 'PUT', path: '/mail/v1/inbound-emails/{email_id}/tags', body: 'json', answer: 'json' }, input, options)

export type MailRemoveInboundTagInput = {
  email_id: string
  tag_id: string
}
/**
 * Take a tag off a received message.
 *
 * Safe to repeat.
 */
export const mailRemoveInboundTag = (call: Call, input: MailRemoveInboundTagInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/inbound-emails/{email_id}/tags/{tag_id}', answer: 'none' }, input, options)

export type MailListTagsInput = {
  /** Those with is_visible false too. */
  include_hidden?: boolean | undefined
}
/**
 * List tags and folders.
 *
 * All of them in one answer, pinned ones first; Inbox and Sent are always among them.
 */
export const mailListTags = (call: Call, input?: MailListTagsInput, options?: CallOptions): Promise<MailTag[]> =>
  call({ method: 'GET', path: '/mail/v1/tags', query: ['include_hidden'], answer: 'json' }, input, options)

export type MailCreateTagInput = {
  body: MailTagCreate
}
/**
 * Create a tag or folder.
 *
 * A name that is taken, in whatever case, gives 409.
 */
export const mailCreateTag = (call: Call, input: MailCreateTagInput, options?: CallOptions): Promise<MailTag> =>
  call({ method: 'POST', path: '/mail/v1/tags', body: 'json', answer: 'json' }, input, options)

export type MailGetTagInput = {
  tag_id: string
}
/** Read one tag. */
export const mailGetTag = (call: Call, input: MailGetTagInput, options?: CallOptions): Promise<MailTag> =>
  call({ method: 'GET', path: '/mail/v1/tags/{tag_id}', answer: 'json' }, input, options)

export type MailReplaceTagInput = {
  tag_id: string
  body: MailTagUpdate
}
/**
 * Change a tag.
 *
 * Changes the fields sent; null clears. Inbox and Sent keep their name and type. PUT and PATCH do the same.
 */
export const mailReplaceTag = (call: Call, input: MailReplaceTagInput, options?: CallOptions): Promise<MailTag> =>
  call({ method: 'PUT', path: '/mail/v1/tags/{tag_id}', body: 'json', answer: 'json' }, input, options)

export type MailUpdateTagInput = {
  tag_id: string
  body: MailTagUpdate
}
/**
 * Change a tag.
 *
 * Changes the fields sent; null clears. Inbox and Sent keep their name and type. PUT and PATCH do the same.
 */
export const mailUpdateTag = (call: Call, input: MailUpdateTagInput, options?: CallOptions): Promise<MailTag> =>
  call({ method: 'PATCH', path: '/mail/v1/tags/{tag_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteTagInput = {
  tag_id: string
}
/**
 * Delete a tag.
 *
 * It is taken off every message with it; the messages stay. Inbox and Sent cannot be deleted.
 */
export const mailDeleteTag = (call: Call, input: MailDeleteTagInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/tags/{tag_id}', answer: 'none' }, input, options)

export type MailListConversationsInput = {
  alias_id?: string | undefined
  domain_id?: string | undefined
  /** Only threads with a message that way. */
  direction?: 'inbound' | 'outbound' | undefined
  /** Threads of nothing but warm-up mail too. */
  include_warmup?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List conversations.
 *
 * Newest activity first, sent and received messages together. Conversations of nothing but warm-up mail are left out unless include_warmup is true.
 */
export const mailListConversations = (call: Call, input?: MailListConversationsInput, options?: CallOptions): Promise<BavimailConversationSummary[]> =>
  call({ method: 'GET', path: '/mail/v1/conversations', query: ['alias_id', 'domain_id', 'direction', 'include_warmup', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type MailGetConversationInput = {
  conversation_id: string
}
/**
 * Read a conversation with its messages.
 *
 * Messages come oldest first; of a very long conversation the newest thousand.
 */
export const mailGetConversation = (call: Call, input: MailGetConversationInput, options?: CallOptions): Promise<BavimailConversation> =>
  call({ method: 'GET', path: '/mail/v1/conversations/{conversation_id}', answer: 'json' }, input, options)

export type MailDeleteConversationInput = {
  conversation_id: string
}
/**
 * Delete a conversation.
 *
 * What was received in it is deleted for good, with its attachments. Sent messages stay in the list of e-mails, without a conversation, until retention. A later answer begins a new conversation.
 */
export const mailDeleteConversation = (call: Call, input: MailDeleteConversationInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/conversations/{conversation_id}', answer: 'none' }, input, options)

export type MailMarkConversationReadInput = {
  conversation_id: string
}
/**
 * Mark a conversation as read.
 *
 * Marks every received message in it as read.
 */
export const mailMarkConversationRead = (call: Call, input: MailMarkConversationReadInput, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/mail/v1/conversations/{conversation_id}/mark-read', answer: 'none' }, input, options)

export type MailMarkConversationUnreadInput = {
  conversation_id: string
}
/**
 * Mark a conversation as unread.
 *
 * Marks every received message in it as unread.
 */
export const mailMarkConversationUnread = (call: Call, input: MailMarkConversationUnreadInput, options?: CallOptions): Promise<void> =>
  call({ method: 'POST', path: '/mail/v1/conversations/{conversation_id}/mark-unread', answer: 'none' }, input, options)

export type MailListInboxThreadsInput = {
  alias_id?: string | undefined
  domain_id?: string | undefined
  /** Only threads with a message that way. */
  direction?: 'inbound' | 'outbound' | undefined
  /** Threads of nothing but warm-up mail too. */
  include_warmup?: boolean | undefined
  /** Words, or their beginnings, that all stand in subject, addresses, names or text. */
  q?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List and search threads.
 *
 * Newest activity first, with participants and the beginning of the newest message. q finds words or their beginnings in subject, addresses, names and text. A cursor stays right while messages arrive: a thread that moves to the top hides no other.
 */
export const mailListInboxThreads = (call: Call, input?: MailListInboxThreadsInput, options?: CallOptions): Promise<MailThreadList> =>
  call({ method: 'GET', path: '/mail/v1/inbox/threads', query: ['alias_id', 'domain_id', 'direction', 'include_warmup', 'q', 'limit', 'cursor'], answer: 'json' }, input, options)

export type MailGetInboxThreadInput = {
  conversation_id: string
}
/** Read one thread. */
export const mailGetInboxThread = (call: Call, input: MailGetInboxThreadInput, options?: CallOptions): Promise<MailThreadDetail> =>
  call({ method: 'GET', path: '/mail/v1/inbox/threads/{conversation_id}', answer: 'json' }, input, options)

export type MailListSuppressionsInput = {
  status?: 'active' | 'released' | undefined
  /** manual, unsubscribed, bounced, complained or imported; bounce, complaint and unsubscribe mean the same. */
  reason?: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported' | undefined
  /** Part of the address. */
  search?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List suppressions.
 *
 * The workspace’s one do-not-contact list, newest first, released entries too unless status says otherwise. Clients from 1.0 on (by User-Agent or Bavimail-Version) get an object with the entries that are in force and their number.
 */
export const mailListSuppressions = (call: Call, input?: MailListSuppressionsInput, options?: CallOptions): Promise<MailSuppression[] | MailSuppressionPage> =>
  call({ method: 'GET', path: '/mail/v1/suppressions', query: ['status', 'reason', 'search', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type MailCreateSuppressionInput = {
  body: MailSuppressionCreate
}
/**
 * Suppress an address.
 *
 * Nothing of this workspace is sent to it any more, no campaign and no single message. One that stands on the list already is answered as it is.
 */
export const mailCreateSuppression = (call: Call, input: MailCreateSuppressionInput, options?: CallOptions): Promise<MailSuppression | MailSuppressedAddress> =>
  call({ method: 'POST', path: '/mail/v1/suppressions', body: 'json', answer: 'json' }, input, options)

export type MailGetSuppressionInput = {
  suppression_id: string
}
/**
 * Read one suppression.
 *
 * In the words of the clients from 1.0 on. A released entry is not there for them.
 */
export const mailGetSuppression = (call: Call, input: MailGetSuppressionInput, options?: CallOptions): Promise<MailSuppressedAddress> =>
  call({ method: 'GET', path: '/mail/v1/suppressions/{suppression_id}', answer: 'json' }, input, options)

export type MailDeleteSuppressionInput = {
  suppression_id: string
  /** Why the entry is lifted; needed for unsubscribed and complained. May stand in the body; ours. */
  note?: string | undefined
}
/**
 * Take an address off the list.
 *
 * Releases the entry, as the release route does, where clients from 1.0 on ask: what a person asked for (unsubscribed, complained) needs a log-in session and a note.
 */
export const mailDeleteSuppression = (call: Call, input: MailDeleteSuppressionInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/suppressions/{suppression_id}', query: ['note'], answer: 'none' }, input, options)

export type MailReleaseSuppressionInput = {
  suppression_id: string
  body?: MailSuppressionRelease
}
/**
 * Release a suppression.
 *
 * The address may be written to again. What a person asked for (unsubscribed, complained) is released in a log-in session with a note only: a key gets SESSION_REQUIRED. A released entry is answered as it is.
 */
export const mailReleaseSuppression = (call: Call, input: MailReleaseSuppressionInput, options?: CallOptions): Promise<MailSuppression> =>
  call({ method: 'POST', path: '/mail/v1/suppressions/{suppression_id}/release', body: 'json', answer: 'json' }, input, options)

export type MailOutboundSummaryInput = {
  /** How far back from now. */
  range?: '24h' | '7d' | '30d' | '90d' | undefined
  inbox_id?: string | undefined
  domain_id?: string | undefined
}
/**
 * Deliverability in figures, with its window.
 *
 * The figures of the deliverability summary, where clients from 1.0 on ask.
 */
export const mailOutboundSummary = (call: Call, input?: MailOutboundSummaryInput, options?: CallOptions): Promise<MailOutboundSummary> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails/summary', query: ['range', 'inbox_id', 'domain_id'], answer: 'json' }, input, options)

export type MailOutboundTimeseriesInput = {
  /** How far back from now. */
  range?: '24h' | '7d' | '30d' | '90d' | undefined
  bucket?: 'hour' | 'day' | undefined
  inbox_id?: string | undefined
  domain_id?: string | undefined
}
/**
 * Deliverability over time, with its window.
 *
 * The points of the deliverability series, where clients from 1.0 on ask.
 */
export const mailOutboundTimeseries = (call: Call, input?: MailOutboundTimeseriesInput, options?: CallOptions): Promise<MailOutboundTimeseries> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails/timeseries', query: ['range', 'bucket', 'inbox_id', 'domain_id'], answer: 'json' }, input, options)

export type MailDeliverabilitySummaryInput = {
  /** How far back from now. */
  range?: '24h' | '7d' | '30d' | '90d' | undefined
  alias_id?: string | undefined
  domain_id?: string | undefined
}
/**
 * Deliverability in figures.
 *
 * Counts the messages that left in the range, with what became of each by now.
 */
export const mailDeliverabilitySummary = (call: Call, input?: MailDeliverabilitySummaryInput, options?: CallOptions): Promise<MailDeliverabilitySummary> =>
  call({ method: 'GET', path: '/mail/v1/analytics/deliverability/summary', query: ['range', 'alias_id', 'domain_id'], answer: 'json' }, input, options)

export type MailDeliverabilityTimeseriesInput = {
  /** How far back from now. */
  range?: '24h' | '7d' | '30d' | '90d' | undefined
  bucket?: 'hour' | 'day' | undefined
  alias_id?: string | undefined
  domain_id?: string | undefined
}
/**
 * Deliverability over time.
 *
 * The figures of the summary by the hour or day in which a message left, empty ones too. Days are those of the workspace’s zone. Without bucket: hours for 24h, days otherwise.
 */
export const mailDeliverabilityTimeseries = (call: Call, input?: MailDeliverabilityTimeseriesInput, options?: CallOptions): Promise<MailDeliverabilityTimeseries> =>
  call({ method: 'GET', path: '/mail/v1/analytics/deliverability/timeseries', query: ['range', 'bucket', 'alias_id', 'domain_id'], answer: 'json' }, input, options)

export type MailDeliverabilityRecentInput = {
  limit?: number | undefined
  alias_id?: string | undefined
  domain_id?: string | undefined
}
/** The newest messages and what became of them. */
export const mailDeliverabilityRecent = (call: Call, input?: MailDeliverabilityRecentInput, options?: CallOptions): Promise<MailDeliverabilityRecent> =>
  call({ method: 'GET', path: '/mail/v1/analytics/deliverability/recent', query: ['limit', 'alias_id', 'domain_id'], answer: 'json' }, input, options)

/**
 * List integrations.
 *
 * Partner services that the operator of this instance lets make mail keys for their users.
 */
export const mailListIntegrations = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<MailIntegration[]> =>
  call({ method: 'GET', path: '/mail/v1/integrations', answer: 'json' }, input, options)

export type MailBootstrapApiKeyInput = {
  integration_id: string
  body: MailKeyBootstrap
}
/**
 * Get a user’s key for an integration.
 *
 * Makes the account and its workspace on first sight, and one key for mail and suppressions. Asked again it answers the same key with created false, unless that was revoked.
 */
export const mailBootstrapApiKey = (call: Call, input: MailBootstrapApiKeyInput, options?: CallOptions): Promise<MailBootstrappedKey> =>
  call({ method: 'POST', path: '/mail/v1/integrations/{integration_id}/api-keys/bootstrap', body: 'json', answer: 'json' }, input, options)

export type MailRevokeIntegrationKeyInput = {
  integration_id: string
  body: MailUserAssertion
}
/**
 * Revoke a user’s key of an integration.
 *
 * revoked is false when there was none.
 */
export const mailRevokeIntegrationKey = (call: Call, input: MailRevokeIntegrationKeyInput, options?: CallOptions): Promise<MailKeyRevoked> =>
  call({ method: 'DELETE', path: '/mail/v1/integrations/{integration_id}/api-key', body: 'json', answer: 'json' }, input, options)

export type MailCreateIntegrationWebhookInput = {
  integration_id: string
  body: MailIntegrationWebhookCreate
}
/**
 * Register a webhook for a user.
 *
 * For events of the user’s messages and domains. It is verified and active at once, because the partner signed for it. secret lets all its hooks share one; it is shown only now.
 */
export const mailCreateIntegrationWebhook = (call: Call, input: MailCreateIntegrationWebhookInput, options?: CallOptions): Promise<MailWebhookCreated> =>
  call({ method: 'POST', path: '/mail/v1/integrations/{integration_id}/webhooks', body: 'json', answer: 'json' }, input, options)

export type MailListIntegrationWebhooksInput = {
  integration_id: string
  /** JWT that names the user: signed by the integration (HS256, iss its id) or by the outside issuer. */
  user_assertion: string
}
/** List a user’s webhooks of an integration. */
export const mailListIntegrationWebhooks = (call: Call, input: MailListIntegrationWebhooksInput, options?: CallOptions): Promise<MailWebhook[]> =>
  call({ method: 'GET', path: '/mail/v1/integrations/{integration_id}/webhooks', query: ['user_assertion'], answer: 'json' }, input, options)

export type MailDeleteIntegrationWebhookInput = {
  integration_id: string
  webhook_id: string
  body: MailUserAssertion
}
/** Delete a user’s webhook of an integration. */
export const mailDeleteIntegrationWebhook = (call: Call, input: MailDeleteIntegrationWebhookInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/integrations/{integration_id}/webhooks/{webhook_id}', body: 'json', answer: 'none' }, input, options)

export type MailListInboxesInput = {
  domain_id?: string | undefined
  /** Taken for known clients: domains are not transferred between accounts here, so it finds nothing more. */
  include_transferred?: boolean | undefined
}
/**
 * List inboxes.
 *
 * All of them, or one domain’s, in one answer. They are the aliases of this workspace.
 */
export const mailListInboxes = (call: Call, input?: MailListInboxesInput, options?: CallOptions): Promise<MailInbox[]> =>
  call({ method: 'GET', path: '/mail/v1/inboxes', query: ['domain_id', 'include_transferred'], answer: 'json' }, input, options)

export type MailCreateInboxInput = {
  body: MailInboxCreate
}
/**
 * Create an inbox.
 *
 * Makes an address on one of the workspace’s domains. A taken name gives 409.
 */
export const mailCreateInbox = (call: Call, input: MailCreateInboxInput, options?: CallOptions): Promise<MailInbox> =>
  call({ method: 'POST', path: '/mail/v1/inboxes', body: 'json', answer: 'json' }, input, options)

export type MailGetInboxInput = {
  inbox_id: string
}
/**
 * Read one inbox.
 *
 * The alias with this id; 404 once it is deleted.
 */
export const mailGetInbox = (call: Call, input: MailGetInboxInput, options?: CallOptions): Promise<MailInbox> =>
  call({ method: 'GET', path: '/mail/v1/inboxes/{inbox_id}', answer: 'json' }, input, options)

export type MailUpdateInboxInput = {
  inbox_id: string
  body: MailInboxUpdate
}
/**
 * Change an inbox.
 *
 * Changes the fields sent; a null signature removes it. With another name the old address stops sending and receiving at once. A taken name gives 409.
 */
export const mailUpdateInbox = (call: Call, input: MailUpdateInboxInput, options?: CallOptions): Promise<MailInbox> =>
  call({ method: 'PUT', path: '/mail/v1/inboxes/{inbox_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteInboxInput = {
  inbox_id: string
  /** Another inbox, which takes over campaigns and leads; ours. */
  reassign_to?: string | undefined
}
/**
 * Delete an inbox.
 *
 * The address stops sending and receiving and can be made anew; its mail stays readable. 409 names the campaigns that would still send from it; with reassign_to another inbox takes them over, and their follow-ups begin new threads.
 */
export const mailDeleteInbox = (call: Call, input: MailDeleteInboxInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/inboxes/{inbox_id}', query: ['reassign_to'], answer: 'none' }, input, options)

export type MailSendOutboundEmailInput = {
  body: MailOutboundRequest
}
/**
 * Send or schedule a message from an inbox.
 *
 * As POST /mail/v1/emails, in the words of the clients from 1.0 on; opens and clicks are tracked only where asked for. A file may be named by an https address, which is read once, through the egress policy and within ATTACHMENT_MAX_BYTES; not in a sandbox, which reaches no real server.
 */
export const mailSendOutboundEmail = (call: Call, input: MailSendOutboundEmailInput, options?: CallOptions): Promise<MailOutboundEmail> =>
  call({ method: 'POST', path: '/mail/v1/outbound-emails', body: 'json', answer: 'json' }, input, options)

export type MailListOutboundEmailsInput = {
  status?: MailOutboundStatus | undefined
  inbox_id?: string | undefined
  domain_id?: string | undefined
  /** Ours. */
  thread_id?: string | undefined
  /** An address in To, Cc or Bcc. */
  recipient?: string | undefined
  /** Only what has left. */
  sent_only?: boolean | undefined
  sent_after?: string | undefined
  sent_before?: string | undefined
  /** sent_at leaves out what has not left. */
  order_by?: 'created_at' | 'sent_at' | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * List sent messages with their number.
 *
 * Newest first, campaigns’ messages too.
 */
export const mailListOutboundEmails = (call: Call, input?: MailListOutboundEmailsInput, options?: CallOptions): Promise<MailOutboundPage> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails', query: ['status', 'inbox_id', 'domain_id', 'thread_id', 'recipient', 'sent_only', 'sent_after', 'sent_before', 'order_by', 'limit', 'offset'], answer: 'json' }, input, options)

export type MailSendOutboundBatchInput = {
  body: MailOutboundBatchRequest
}
/**
 * Send up to 100 messages from inboxes.
 *
 * Each message is accepted or rejected by itself; results stand in the order of the request.
 */
export const mailSendOutboundBatch = (call: Call, input: MailSendOutboundBatchInput, options?: CallOptions): Promise<MailOutboundBatchResult> =>
  call({ method: 'POST', path: '/mail/v1/outbound-emails/batch', body: 'json', answer: 'json' }, input, options)

export type MailGetOutboundEmailInput = {
  email_id: string
}
/**
 * Read one sent message from an inbox.
 *
 * With what became of it by now; attachments come with signed addresses that work for an hour.
 */
export const mailGetOutboundEmail = (call: Call, input: MailGetOutboundEmailInput, options?: CallOptions): Promise<MailOutboundEmail> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails/{email_id}', answer: 'json' }, input, options)

export type MailCancelOutboundEmailInput = {
  email_id: string
}
/**
 * Cancel a message that waits for its time.
 *
 * Works until the first of its recipients is being sent to; 409 after that.
 */
export const mailCancelOutboundEmail = (call: Call, input: MailCancelOutboundEmailInput, options?: CallOptions): Promise<MailOutboundEmail> =>
  call({ method: 'POST', path: '/mail/v1/outbound-emails/{email_id}/cancel', answer: 'json' }, input, options)

export type MailListOutboundEventsInput = {
  email_id: string
  /** Such as delivered, or email.outbound.delivered. */
  event_type?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * List what happened to one message.
 *
 * Oldest first, with their number.
 */
export const mailListOutboundEvents = (call: Call, input: MailListOutboundEventsInput, options?: CallOptions): Promise<MailEmailEvents> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails/{email_id}/events', query: ['event_type', 'limit', 'offset'], answer: 'json' }, input, options)

export type MailListOutboundEventFeedInput = {
  /** Such as delivered, or email.outbound.delivered. */
  event_type?: string | undefined
  email_id?: string | undefined
  /** From this instant on. */
  start_at?: string | undefined
  /** Before this instant. */
  end_at?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List what happened to all messages.
 *
 * Newest first. A cursor stays right while events arrive.
 */
export const mailListOutboundEventFeed = (call: Call, input?: MailListOutboundEventFeedInput, options?: CallOptions): Promise<MailEventFeed> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails/events', query: ['event_type', 'email_id', 'start_at', 'end_at', 'limit', 'cursor'], answer: 'json' }, input, options)

export type MailGetOutboundTrackingInput = {
  email_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
}
/**
 * Get a message’s links, opens and clicks.
 *
 * Opens and clicks are listed newest first, limit and offset for each, those of machines marked as such; counts and times are those of people.
 */
export const mailGetOutboundTracking = (call: Call, input: MailGetOutboundTrackingInput, options?: CallOptions): Promise<MailEmailTracking> =>
  call({ method: 'GET', path: '/mail/v1/outbound-emails/{email_id}/tracking', query: ['limit', 'offset'], answer: 'json' }, input, options)

export type MailValidateAddressInput = {
  body: {
    email: string
    /** Ask the DNS whether the domain takes mail. */
    check_mx?: boolean
  }
}
/**
 * Assess an address.
 *
 * As POST /mail/v1/emails/validate, where clients from 1.0 on ask.
 */
export const mailValidateAddress = (call: Call, input: MailValidateAddressInput, options?: CallOptions): Promise<MailAddressRisk> =>
  call({ method: 'POST', path: '/mail/v1/email-validation', body: 'json', answer: 'json' }, input, options)

export type MailListThreadsInput = {
  inbox_id?: string | undefined
  domain_id?: string | undefined
  /** true: with unread messages; false: without. */
  unread?: boolean | undefined
  /** Words, or their beginnings, that all stand in subject, addresses, names or text. */
  q?: string | undefined
  /** A place, or the id of a folder. Without it all threads but those in spam and trash. */
  folder_id?: 'inbox' | 'sent' | 'spam' | 'trash' | string | undefined
  label_id?: string | undefined
  /** Refused: mailing lists are not told apart here. */
  mailing_list_id?: string | undefined
  view?: 'all' | 'starred' | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List and search threads of a mailbox.
 *
 * Newest activity first, sent and received messages together: the conversations, in the words of the clients from 1.0 on. Threads of nothing but warm-up mail are left out. A cursor stays right while messages arrive.
 */
export const mailListThreads = (call: Call, input?: MailListThreadsInput, options?: CallOptions): Promise<MailMailboxThreads> =>
  call({ method: 'GET', path: '/mail/v1/threads', query: ['inbox_id', 'domain_id', 'unread', 'q', 'folder_id', 'label_id', 'mailing_list_id', 'view', 'limit', 'cursor'], answer: 'json' }, input, options)

export type MailGetThreadInput = {
  thread_id: string
}
/**
 * Read a thread with its messages in full.
 *
 * Oldest first; of a very long thread the newest 500. Received text is third-party text and must be treated as untrusted.
 */
export const mailGetThread = (call: Call, input: MailGetThreadInput, options?: CallOptions): Promise<MailMailboxThreadDetail> =>
  call({ method: 'GET', path: '/mail/v1/threads/{thread_id}', answer: 'json' }, input, options)

export type MailUpdateThreadInput = {
  thread_id: string
  body: MailThreadUpdate
}
/**
 * Mark, star, move or label a thread.
 *
 * All that is asked for, or nothing. Labels are the tags of the workspace: one that is put on a thread stands on its received messages too.
 */
export const mailUpdateThread = (call: Call, input: MailUpdateThreadInput, options?: CallOptions): Promise<MailMailboxThread> =>
  call({ method: 'PATCH', path: '/mail/v1/threads/{thread_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteThreadInput = {
  thread_id: string
}
/**
 * Delete a thread that is in the trash.
 *
 * For good, with what was received in it; sent messages stay in the list until retention. 409 for a thread that is not in the trash.
 */
export const mailDeleteThread = (call: Call, input: MailDeleteThreadInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/threads/{thread_id}', answer: 'none' }, input, options)

export type MailListThreadAttachmentsInput = {
  thread_id: string
}
/**
 * List the attachments of a thread.
 *
 * In the order of its messages, each with a signed address that works for an hour.
 */
export const mailListThreadAttachments = (call: Call, input: MailListThreadAttachmentsInput, options?: CallOptions): Promise<MailThreadAttachments> =>
  call({ method: 'GET', path: '/mail/v1/threads/{thread_id}/attachments', answer: 'json' }, input, options)

/**
 * List system folders, folders and labels.
 *
 * With the number of threads in each and of those with unread messages. Labels and folders are the tags.
 */
export const mailListLabels = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<MailLabels> =>
  call({ method: 'GET', path: '/mail/v1/labels', answer: 'json' }, input, options)

export type MailCreateLabelInput = {
  body: MailLabelCreate
}
/**
 * Create a label or a folder.
 *
 * Names are unique in the workspace whatever their case, over labels and folders alike.
 */
export const mailCreateLabel = (call: Call, input: MailCreateLabelInput, options?: CallOptions): Promise<MailLabel> =>
  call({ method: 'POST', path: '/mail/v1/labels', body: 'json', answer: 'json' }, input, options)

export type MailUpdateLabelInput = {
  label_id: string
  body: MailLabelUpdate
}
/**
 * Rename or recolour a label or folder.
 *
 * Changes the fields sent. The system folders keep their names; a taken name gives 409.
 */
export const mailUpdateLabel = (call: Call, input: MailUpdateLabelInput, options?: CallOptions): Promise<MailLabel> =>
  call({ method: 'PATCH', path: '/mail/v1/labels/{label_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteLabelInput = {
  label_id: string
}
/**
 * Delete a label or folder.
 *
 * Its threads stay: without the label, or out of the folder in the inbox (in sent, where nothing was received).
 */
export const mailDeleteLabel = (call: Call, input: MailDeleteLabelInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/labels/{label_id}', answer: 'none' }, input, options)

/**
 * Get the workspace’s sending reputation.
 *
 * The sending health of the last 7 days under the names of the clients from 1.0 on; null before anything was judged. Domains by themselves, bands and lifting a block stand at /api/v1/sending-health.
 */
export const mailGetReputation = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<MailReputation> =>
  call({ method: 'GET', path: '/mail/v1/reputation', answer: 'json' }, input, options)

/**
 * List tracking domains.
 *
 * The tracking name of each domain that has one.
 */
export const mailListTrackingDomains = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<MailTrackingDomain[]> =>
  call({ method: 'GET', path: '/mail/v1/tracking-domains', answer: 'json' }, input, options)

export type MailCreateTrackingDomainInput = {
  body: MailTrackingDomainCreate
}
/**
 * Track under a name of your own.
 *
 * Gives a domain of the workspace this name for its links and pixels, in place of one that was never found in DNS. 409 where another one is in use: delete that first.
 */
export const mailCreateTrackingDomain = (call: Call, input: MailCreateTrackingDomainInput, options?: CallOptions): Promise<MailTrackingDomain> =>
  call({ method: 'POST', path: '/mail/v1/tracking-domains', body: 'json', answer: 'json' }, input, options)

export type MailGetTrackingDomainInput = {
  tracking_domain_id: string
}
/**
 * Read one tracking domain.
 *
 * With the record to publish. 404 for a domain that has no tracking name.
 */
export const mailGetTrackingDomain = (call: Call, input: MailGetTrackingDomainInput, options?: CallOptions): Promise<MailTrackingDomain> =>
  call({ method: 'GET', path: '/mail/v1/tracking-domains/{tracking_domain_id}', answer: 'json' }, input, options)

export type MailDeleteTrackingDomainInput = {
  tracking_domain_id: string
}
/**
 * Track under the instance’s name again.
 *
 * Links in messages that are out already keep their name and lead on while its record stands.
 */
export const mailDeleteTrackingDomain = (call: Call, input: MailDeleteTrackingDomainInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/tracking-domains/{tracking_domain_id}', answer: 'none' }, input, options)

export type MailVerifyTrackingDomainInput = {
  tracking_domain_id: string
}
/**
 * Look for a tracking domain’s records now.
 *
 * Queues a check of the domain, in which its tracking name is looked for too; read it again to see.
 */
export const mailVerifyTrackingDomain = (call: Call, input: MailVerifyTrackingDomainInput, options?: CallOptions): Promise<MailTrackingDomain> =>
  call({ method: 'POST', path: '/mail/v1/tracking-domains/{tracking_domain_id}/verify', answer: 'json' }, input, options)

export type ListMailboxesInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List connected mailboxes.
 *
 * People’s own mailboxes that are connected as senders, oldest first. Disconnected ones are not listed.
 */
export const listMailboxes = (call: Call, input?: ListMailboxesInput, options?: CallOptions): Promise<MailboxList> =>
  call({ method: 'GET', path: '/api/v1/mailboxes', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type ConnectMailboxInput = {
  body: MailboxConnect
}
/**
 * Connect a mailbox by password.
 *
 * Logs in by SMTP and by IMAP before anything is stored, and names every problem at once. Reading begins at this moment: older mail is never looked at. Only live workspaces connect mailboxes, because a sandbox reaches no real server.
 */
export const connectMailbox = (call: Call, input: ConnectMailboxInput, options?: CallOptions): Promise<Mailbox> =>
  call({ method: 'POST', path: '/api/v1/mailboxes', body: 'json', answer: 'json' }, input, options)

export type AuthorizeMailboxInput = {
  body: MailboxAuthorize
}
/**
 * Ask for consent at Google or Microsoft.
 *
 * Gives the address where the mailbox’s owner consents. They come back to a page of this instance, which shows whose workspace it is and connects the mailbox once they say so; then it is listed.
 */
export const authorizeMailbox = (call: Call, input: AuthorizeMailboxInput, options?: CallOptions): Promise<MailboxAuthorization> =>
  call({ method: 'POST', path: '/api/v1/mailboxes/oauth/authorize', body: 'json', answer: 'json' }, input, options)

export type GetMailboxInput = {
  mailbox_id: string
}
/** Read one mailbox. */
export const getMailbox = (call: Call, input: GetMailboxInput, options?: CallOptions): Promise<Mailbox> =>
  call({ method: 'GET', path: '/api/v1/mailboxes/{mailbox_id}', answer: 'json' }, input, options)

export type UpdateMailboxInput = {
  mailbox_id: string
  body: MailboxUpdate
}
/**
 * Change a mailbox.
 *
 * Its name, signature, cap and ramp-up; where sent copies go; pause and go on. Fields that are absent stay.
 */
export const updateMailbox = (call: Call, input: UpdateMailboxInput, options?: CallOptions): Promise<Mailbox> =>
  call({ method: 'PATCH', path: '/api/v1/mailboxes/{mailbox_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteMailboxInput = {
  mailbox_id: string
}
/**
 * Disconnect a mailbox.
 *
 * Erases its credentials and gives a consent back. What was sent and received stays. Refused while a campaign uses it.
 */
export const deleteMailbox = (call: Call, input: DeleteMailboxInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/mailboxes/{mailbox_id}', answer: 'none' }, input, options)

export type ReconnectMailboxInput = {
  mailbox_id: string
  body: MailboxReconnect
}
/**
 * Give a mailbox a new password.
 *
 * Both log-ins are tried first. It goes on where it stopped: answers that came meanwhile are read, and what waited is sent at its usual pace.
 */
export const reconnectMailbox = (call: Call, input: ReconnectMailboxInput, options?: CallOptions): Promise<Mailbox> =>
  call({ method: 'POST', path: '/api/v1/mailboxes/{mailbox_id}/reconnect', body: 'json', answer: 'json' }, input, options)

export type TestMailboxInput = {
  mailbox_id: string
}
/**
 * Try a mailbox’s log-ins.
 *
 * Logs in at both servers with the stored credentials and reports what happened; nothing is changed by it.
 */
export const testMailbox = (call: Call, input: TestMailboxInput, options?: CallOptions): Promise<MailboxTest> =>
  call({ method: 'POST', path: '/api/v1/mailboxes/{mailbox_id}/test', answer: 'json' }, input, options)

/**
 * List webhook endpoints.
 *
 * All of them, oldest first.
 */
export const listWebhookEndpoints = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<WebhookEndpointList> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints', answer: 'json' }, input, options)

export type CreateWebhookEndpointInput = {
  body: WebhookEndpointCreate
}
/**
 * Register a webhook endpoint.
 *
 * Answers with the secret, which is shown only now, and posts a signed webhook.verification event with a code to the address. Nothing else is delivered until that code is given back.
 */
export const createWebhookEndpoint = (call: Call, input: CreateWebhookEndpointInput, options?: CallOptions): Promise<WebhookEndpointCreated> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints', body: 'json', answer: 'json' }, input, options)

/**
 * List what can be subscribed to.
 *
 * Every type of event with what it means and the schema of its data.
 */
export const listWebhookEventTypes = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<WebhookEventTypeList> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints/event-types', answer: 'json' }, input, options)

export type GetWebhookEndpointInput = {
  endpoint_id: string
}
/** Get one webhook endpoint. */
export const getWebhookEndpoint = (call: Call, input: GetWebhookEndpointInput, options?: CallOptions): Promise<WebhookEndpoint> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints/{endpoint_id}', answer: 'json' }, input, options)

export type UpdateWebhookEndpointInput = {
  endpoint_id: string
  body: WebhookEndpointUpdate
}
/** Change, pause or reactivate a webhook endpoint. */
export const updateWebhookEndpoint = (call: Call, input: UpdateWebhookEndpointInput, options?: CallOptions): Promise<WebhookEndpoint> =>
  call({ method: 'PATCH', path: '/api/v1/webhook-endpoints/{endpoint_id}', body: 'json', answer: 'json' }, input, options)

export type DeleteWebhookEndpointInput = {
  endpoint_id: string
}
/**
 * Delete a webhook endpoint.
 *
 * With its log of deliveries; what still waits is not delivered.
 */
export const deleteWebhookEndpoint = (call: Call, input: DeleteWebhookEndpointInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/api/v1/webhook-endpoints/{endpoint_id}', answer: 'none' }, input, options)

export type VerifyWebhookEndpointInput = {
  endpoint_id: string
  body: WebhookVerifyRequest
}
/**
 * Give back the code that was posted to the address.
 *
 * The endpoint is active from then on. A code is good for a day.
 */
export const verifyWebhookEndpoint = (call: Call, input: VerifyWebhookEndpointInput, options?: CallOptions): Promise<WebhookEndpoint> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints/{endpoint_id}/verify', body: 'json', answer: 'json' }, input, options)

export type ResendWebhookVerificationInput = {
  endpoint_id: string
}
/**
 * Post a new code to the address.
 *
 * The code before it is void.
 */
export const resendWebhookVerification = (call: Call, input: ResendWebhookVerificationInput, options?: CallOptions): Promise<WebhookEndpoint> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints/{endpoint_id}/resend-verification', answer: 'json' }, input, options)

export type TestWebhookEndpointInput = {
  endpoint_id: string
}
/**
 * Send a test event.
 *
 * Needs a verified and active endpoint; it alone gets the event, whatever it subscribes to.
 */
export const testWebhookEndpoint = (call: Call, input: TestWebhookEndpointInput, options?: CallOptions): Promise<WebhookTestEnqueued> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints/{endpoint_id}/test', answer: 'json' }, input, options)

export type RotateWebhookSecretInput = {
  endpoint_id: string
}
/**
 * Replace the signing secret.
 *
 * For 24 hours webhook-signature carries a signature by each; x-webhook-signature is by the new one at once.
 */
export const rotateWebhookSecret = (call: Call, input: RotateWebhookSecretInput, options?: CallOptions): Promise<WebhookEndpointSecret> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints/{endpoint_id}/rotate-secret', answer: 'json' }, input, options)

export type GetWebhookEndpointCountsInput = {
  endpoint_id: string
}
/** How an endpoint’s deliveries went. */
export const getWebhookEndpointCounts = (call: Call, input: GetWebhookEndpointCountsInput, options?: CallOptions): Promise<WebhookEndpointCounts> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints/{endpoint_id}/counts', answer: 'json' }, input, options)

export type ListWebhookDeliveriesInput = {
  endpoint_id: string
  /** waiting: for its next try; dead: given up; cancelled: a newer code replaced it. */
  status?: 'waiting' | 'delivered' | 'dead' | 'cancelled' | undefined
  event_type?: string | undefined
  event_id?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * The log of an endpoint’s deliveries.
 *
 * Newest first. Kept for WEBHOOK_KEPT_DAYS days.
 */
export const listWebhookDeliveries = (call: Call, input: ListWebhookDeliveriesInput, options?: CallOptions): Promise<WebhookDeliveryList> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints/{endpoint_id}/deliveries', query: ['status', 'event_type', 'event_id', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type ListWebhookDeadLettersInput = {
  endpoint_id: string
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * What could not be delivered.
 *
 * Deliveries that were given up after nine tries, by a 410, or when the endpoint was disabled. Newest first.
 */
export const listWebhookDeadLetters = (call: Call, input: ListWebhookDeadLettersInput, options?: CallOptions): Promise<WebhookDeliveryList> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints/{endpoint_id}/dead-letters', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetWebhookDeliveryInput = {
  endpoint_id: string
  delivery_id: string
}
/** One delivery with its body and tries. */
export const getWebhookDelivery = (call: Call, input: GetWebhookDeliveryInput, options?: CallOptions): Promise<WebhookDeliveryDetail> =>
  call({ method: 'GET', path: '/api/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}', answer: 'json' }, input, options)

export type ReplayWebhookDeliveryInput = {
  endpoint_id: string
  delivery_id: string
}
/**
 * Send one delivery’s event again.
 *
 * As a new delivery with the same event id and bytes.
 */
export const replayWebhookDelivery = (call: Call, input: ReplayWebhookDeliveryInput, options?: CallOptions): Promise<WebhookDelivery> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay', answer: 'json' }, input, options)

export type ReplayWebhookEventsInput = {
  endpoint_id: string
  body: WebhookReplayRequest
}
/**
 * Send the events of a stretch of time again.
 *
 * A job queues every event published in that time that the endpoint subscribes to, with the same event ids. Events are kept for WEBHOOK_KEPT_DAYS days, and only of times when somebody listened.
 */
export const replayWebhookEvents = (call: Call, input: ReplayWebhookEventsInput, options?: CallOptions): Promise<WebhookReplayStarted> =>
  call({ method: 'POST', path: '/api/v1/webhook-endpoints/{endpoint_id}/replay', body: 'json', answer: 'json' }, input, options)

export type StreamEventsInput = {
  /** Comma-separated types and groups; everything when absent. Types: email.inbound.received, email.outbound.sent, email.outbound.failed, email.outbound.opened, email.outbound.clicked, email.outbound.scheduled, email.outbound.cancelled, email.outbound.delivered, email.outbound.bounced, email.outbound.complained, domain.verified, domain.failed, webhook.test, email.outbound.deferred, email.outbound.replied, email.outbound.auto_replied, email.outbound.unsubscribed, lead.replied, lead.auto_replied, lead.bounced, lead.complained, lead.unsubscribed, lead.postponed, lead.stopped, lead.completed, campaign.launched, campaign.paused, campaign.resumed, campaign.completed, campaign.failed, mailbox.needs_attention, mailbox.recovered. */
  types?: string[] | undefined
  /** For clients that cannot set the header Last-Event-ID. */
  last_event_id?: string | undefined
}
/**
 * Follow the workspace’s events live.
 *
 * Server-sent events: what webhooks deliver, with the type as the event’s name and the same JSON as its data. After a break the header Last-Event-ID, or last_event_id, goes on where the stream was; what cannot be told any more is announced as stream.gap. Events are captured from the first stream on and for 24 hours after the last.
 */
export const streamEvents = (call: Call, input?: StreamEventsInput, options?: CallOptions): Promise<AsyncIterable<ServerEvent>> =>
  call({ method: 'GET', path: '/api/v1/events', query: ['types', 'last_event_id'], answer: 'events' }, input, options)

/**
 * Re-register my mail event webhook.
 *
 * Makes sure that this workspace’s mail events reach this instance’s own receiver. One that is active and verified is left alone; one with five or more consecutive failures, a disabled_at, or is_active false is made anew. At most 10 calls a minute and user.
 */
export const reRegisterBavimailWebhook = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<BavimailWebhookRegistrationResponse> =>
  call({ method: 'POST', path: '/api/v1/bavimail/webhooks/re-register', answer: 'json' }, input, options)

/**
 * Probe the mail event receiver.
 *
 * Answers without authentication, so that a sender can check the address.
 */
export const bavimailWebhookHealthCheck = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<StatusOk> =>
  call({ method: 'GET', path: '/api/v1/webhooks/bavimail', answer: 'json' }, input, options)

export type BavimailWebhookHandlerInput = {
  body: BavimailWebhookEvent
}
/**
 * Receive mail events.
 *
 * Server to server. x-webhook-signature is the HMAC-SHA256 over x-webhook-timestamp, a dot and the raw body, keyed with the hex-decoded secret of the workspace’s hook; sha256= may stand before it. More than 300 seconds off is refused. x-webhook-endpoint-id, or an id in data, says whose hook it is. An event id that came before changes nothing.
 */
export const bavimailWebhookHandler = (call: Call, input: BavimailWebhookHandlerInput, options?: CallOptions): Promise<StatusOk> =>
  call({ method: 'POST', path: '/api/v1/webhooks/bavimail', body: 'json', answer: 'json' }, input, options)

export type MailCreateWebhookInput = {
  body: MailWebhookCreate
}
/**
 * Register a webhook.
 *
 * For events of messages and domains. It begins unverified and inactive: a signed webhook.verification event with a code is posted to the address, and verify takes that code. The secret is shown only now.
 */
export const mailCreateWebhook = (call: Call, input: MailCreateWebhookInput, options?: CallOptions): Promise<MailWebhookCreated> =>
  call({ method: 'POST', path: '/mail/v1/webhooks', body: 'json', answer: 'json' }, input, options)

/**
 * List webhooks.
 *
 * Those for events of messages and domains, oldest first. Clients of the 0.x line get the bare array, those from 1.0 on (by User-Agent or Bavimail-Version) an object with it.
 */
export const mailListWebhooks = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<MailWebhook[] | MailWebhookPage> =>
  call({ method: 'GET', path: '/mail/v1/webhooks', answer: 'json' }, input, options)

export type MailGetWebhookInput = {
  webhook_id: string
}
/** Get one webhook. */
export const mailGetWebhook = (call: Call, input: MailGetWebhookInput, options?: CallOptions): Promise<MailWebhook> =>
  call({ method: 'GET', path: '/mail/v1/webhooks/{webhook_id}', answer: 'json' }, input, options)

export type MailUpdateWebhookInput = {
  webhook_id: string
  body: MailWebhookUpdate
}
/**
 * Change a webhook.
 *
 * Another address has to be verified anew.
 */
export const mailUpdateWebhook = (call: Call, input: MailUpdateWebhookInput, options?: CallOptions): Promise<MailWebhook> =>
  call({ method: 'PATCH', path: '/mail/v1/webhooks/{webhook_id}', body: 'json', answer: 'json' }, input, options)

export type MailPutWebhookInput = {
  webhook_id: string
  body: MailWebhookPut
}
/**
 * Change a webhook by its status.
 *
 * As PATCH, where clients from 1.0 on ask: only the fields sent are changed.
 */
export const mailPutWebhook = (call: Call, input: MailPutWebhookInput, options?: CallOptions): Promise<MailWebhook> =>
  call({ method: 'PUT', path: '/mail/v1/webhooks/{webhook_id}', body: 'json', answer: 'json' }, input, options)

export type MailDeleteWebhookInput = {
  webhook_id: string
}
/** Delete a webhook. */
export const mailDeleteWebhook = (call: Call, input: MailDeleteWebhookInput, options?: CallOptions): Promise<void> =>
  call({ method: 'DELETE', path: '/mail/v1/webhooks/{webhook_id}', answer: 'none' }, input, options)

export type MailVerifyWebhookInput = {
  webhook_id: string
  body: WebhookVerifyRequest
}
/**
 * Give back the code that was posted to the address.
 *
 * Verified and active from then on.
 */
export const mailVerifyWebhook = (call: Call, input: MailVerifyWebhookInput, options?: CallOptions): Promise<MailWebhook> =>
  call({ method: 'POST', path: '/mail/v1/webhooks/{webhook_id}/verify', body: 'json', answer: 'json' }, input, options)

export type MailResendWebhookVerificationInput = {
  webhook_id: string
}
/** Post a new code to the address. */
export const mailResendWebhookVerification = (call: Call, input: MailResendWebhookVerificationInput, options?: CallOptions): Promise<MailWebhook> =>
  call({ method: 'POST', path: '/mail/v1/webhooks/{webhook_id}/resend-verification', answer: 'json' }, input, options)

export type MailTestWebhookInput = {
  webhook_id: string
}
/**
 * Send a test event.
 *
 * Needs a verified and active webhook. Its type is webhook.test; asked for by a client from 1.0 on it has none, since their listeners know it by that.
 */
export const mailTestWebhook = (call: Call, input: MailTestWebhookInput, options?: CallOptions): Promise<WebhookTestEnqueued> =>
  call({ method: 'POST', path: '/mail/v1/webhooks/{webhook_id}/test', answer: 'json' }, input, options)

export type MailRotateWebhookSecretInput = {
  webhook_id: string
}
/**
 * Replace the signing secret.
 *
 * x-webhook-signature is by the new one at once; webhook-signature carries both for 24 hours.
 */
export const mailRotateWebhookSecret = (call: Call, input: MailRotateWebhookSecretInput, options?: CallOptions): Promise<MailWebhookSecret> =>
  call({ method: 'POST', path: '/mail/v1/webhooks/{webhook_id}/rotate-secret', answer: 'json' }, input, options)

export type GetAlertsInput = {
  unread_only?: boolean | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * List my alerts.
 *
 * Alerts of the workspace, newest first; unread ones only unless unread_only is false.
 */
export const getAlerts = (call: Call, input?: GetAlertsInput, options?: CallOptions): Promise<UserAlertListResponse> =>
  call({ method: 'GET', path: '/api/v1/notifications/alerts', query: ['unread_only', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type MarkAlertReadInput = {
  alert_id: string
}
/**
 * Mark an alert as read.
 *
 * Repeating it keeps the first read_at.
 */
export const markAlertRead = (call: Call, input: MarkAlertReadInput, options?: CallOptions): Promise<UserAlert> =>
  call({ method: 'PATCH', path: '/api/v1/notifications/alerts/{alert_id}/read', answer: 'json' }, input, options)

export type ListPeopleInput = {
  /** Words or their beginnings, a part of one, or something spelt nearly so; in names, addresses, titles, companies and places. Best matches first. */
  search?: string | undefined
  company_id?: string | undefined
  company_domain?: string | undefined
  /** As the rows have it, whatever its case. */
  country?: string | undefined
  has_email?: 'true' | 'false' | undefined
  /** Only people who stand in this dataset. */
  dataset_id?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Everyone known to the workspace.
 *
 * One entry for each address, or LinkedIn profile where there is no address, over the rows of all datasets; new rows appear within seconds, those of a large import within minutes. With search the best matches come first, otherwise the newest. total counts up to 10,001.
 */
export const listPeople = (call: Call, input?: ListPeopleInput, options?: CallOptions): Promise<PersonList> =>
  call({ method: 'GET', path: '/api/v1/people', query: ['search', 'company_id', 'company_domain', 'country', 'has_email', 'dataset_id', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetPersonInput = {
  person_id: string
}
/**
 * What is known of a person, and from where.
 *
 * Every value of the newest 50 rows with all the rows that say so and since when; what has gone between the workspace and the person; campaigns; suppression.
 */
export const getPerson = (call: Call, input: GetPersonInput, options?: CallOptions): Promise<PersonDetail> =>
  call({ method: 'GET', path: '/api/v1/people/{person_id}', answer: 'json' }, input, options)

export type ListCompaniesInput = {
  /** A part of the name or domain, or something spelt nearly so. */
  search?: string | undefined
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * Companies of which somebody is known.
 *
 * One for each domain that rows name or that a business address tells; mailbox providers are none. The newest first.
 */
export const listCompanies = (call: Call, input?: ListCompaniesInput, options?: CallOptions): Promise<CompanyList> =>
  call({ method: 'GET', path: '/api/v1/companies', query: ['search', 'limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetCompanyInput = {
  company_id: string
}
/**
 * A company.
 *
 * Its people are in the list of people with company_id.
 */
export const getCompany = (call: Call, input: GetCompanyInput, options?: CallOptions): Promise<Company> =>
  call({ method: 'GET', path: '/api/v1/companies/{company_id}', answer: 'json' }, input, options)

export type ErasePersonInput = {
  body: ErasureRequest
}
/**
 * Forget a person.
 *
 * For a person’s own request. Removes them by address, LinkedIn profile or both from rows, campaigns, messages, received mail, imported files, extractions and logs, and leaves a keyed hash of the address on the suppression list. Sent messages stay without address and words. Not reversible, so it takes a log-in session. The answer is the same whether or not anybody is known.
 */
export const erasePerson = (call: Call, input: ErasePersonInput, options?: CallOptions): Promise<Erasure> =>
  call({ method: 'POST', path: '/api/v1/erasures', body: 'json', answer: 'json' }, input, options)

export type ListErasuresInput = {
  /** Rows per page; with cursor or offset. */
  limit?: number | undefined
  /** Rows to skip. */
  offset?: number | undefined
  /** Opaque position from next_cursor. */
  cursor?: string | undefined
}
/**
 * What was erased, when and at whose hand.
 *
 * The proof of each request: how much was removed of what, and the hash that is kept. It names nobody.
 */
export const listErasures = (call: Call, input?: ListErasuresInput, options?: CallOptions): Promise<ErasureList> =>
  call({ method: 'GET', path: '/api/v1/erasures', query: ['limit', 'offset', 'cursor'], answer: 'json' }, input, options)

export type GetErasureInput = {
  erasure_id: string
}
/**
 * An erasure.
 *
 * Its state and counts; the job of job_id tells the progress.
 */
export const getErasure = (call: Call, input: GetErasureInput, options?: CallOptions): Promise<Erasure> =>
  call({ method: 'GET', path: '/api/v1/erasures/{erasure_id}', answer: 'json' }, input, options)

/**
 * Get my credit balance.
 *
 * Total, used, held and available credits of the workspace, with its active packages.
 */
export const getCreditBalance = (call: Call, input?: Record<string, never>, options?: CallOptions): Promise<CreditBalanceResponse> =>
  call({ method: 'GET', path: '/api/v1/credits/balance', answer: 'json' }, input, options)

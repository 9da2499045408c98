export type Letter = { subject: string; text: string }

/** The product's own letters, as plain text. `base_url` is where this instance is reached. */
export const welcomeLetter = (to: { name: string; base_url: string }): Letter => ({
  subject: 'Welcome to Bavlio',
  text: `Hello ${to.name},

your account is ready: ${to.base_url}

A first campaign needs three things: a list of people as CSV, a sending domain with an alias, and a template.
The reference of the API is at ${to.base_url}/reference.
`,
})

export const passwordResetLetter = (to: { name: string; base_url: string; token: string }): Letter => ({
  subject: 'Set a new password',
  text: `Hello ${to.name},

somebody asked to set a new password for your account. If it was you, open this within an hour:

${to.base_url}/reset-password?token=${to.token}

If it was not you, there is nothing to do: your password stays as it is.
`,
})

export const invitationLetter = (to: {
  inviter: string | null
  workspace: string | null
  base_url: string
  token: string
}): Letter => ({
  subject: to.workspace ? `You are invited to ${to.workspace}` : 'You are invited to Bavlio',
  text: `Hello,

${to.inviter ?? 'Somebody'} invites you ${to.workspace ? `to the workspace ${to.workspace}` : 'to Bavlio'}. Open this within seven days:

${to.base_url}/invitation?token=${to.token}
`,
})

/** Leads and sender of the benchmark of drafts, the same for both sides. */
export const DRAFT_SENDER = {
  full_name: 'Grete Lind',
  company: 'Fjordlys',
  offer: 'Fjordlys plans the shifts of harbour crews so that nobody waits for a crane.',
}

export const draftLead = (n: number) => ({
  first_name: `Person${n}`,
  company: `Havn ${n}`,
  industry: `Havn ${n} runs the container terminal of harbour ${n}`,
  email: `person${n}@havn.example`,
})

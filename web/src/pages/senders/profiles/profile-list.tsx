import { listSenderProfiles, updateSenderProfile } from '@bavlio/sdk/operations'
import type { SenderProfile } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { IdCard, MessagesSquare, Plus } from 'lucide-react'
import { useRead, useWrite } from '../../../api/query.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { factsOf } from './profile-facts.ts'

/** Who writes: what personalised messages may say about the sender. */
export const ProfileListPage = () => {
  const read = useRead(listSenderProfiles, {})
  const actions = (
    <>
      <Button asChild>
        <Link to="/senders/profiles/new">
          <Plus aria-hidden />
          Empty profile
        </Link>
      </Button>
      <Button look="primary" asChild>
        <Link to="/senders/profiles/chat">
          <MessagesSquare aria-hidden />
          Guided chat
        </Link>
      </Button>
    </>
  )
  return (
    <Page title="Sender profiles" note="Who is writing, for personalised messages. Five at most." actions={actions}>
      <Loaded read={read}>
        {(profiles) =>
          profiles.length ? (
            <ul className="grid gap-4 sm:grid-cols-2">
              {profiles.map((profile) => (
                <ProfileCard key={profile.id} profile={profile} />
              ))}
            </ul>
          ) : (
            <Card>
              <Empty icon={<IdCard aria-hidden />} title="No profile yet" action={actions}>
                The chat asks for what a good message needs: who you are, what you offer, to whom and why.
              </Empty>
            </Card>
          )
        }
      </Loaded>
    </Page>
  )
}

const ProfileCard = ({ profile }: { profile: SenderProfile }) => {
  const update = useWrite(updateSenderProfile, { refreshes: [listSenderProfiles] })
  const facts = factsOf(profile)
  return (
    <li>
      <Card className="flex h-full flex-col gap-3 p-4">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            <h2 className="truncate text-base font-semibold">
              <Link to="/senders/profiles/$profile_id" params={{ profile_id: profile.id }} className="hover:underline">
                {profile.profile_name}
              </Link>
            </h2>
            {profile.description ? <p className="truncate text-sm text-ink-faint">{profile.description}</p> : null}
          </div>
          {profile.is_default ? (
            <Badge tone="accent">Default</Badge>
          ) : (
            <Button
              look="quiet"
              size="sm"
              is_busy={update.isPending}
              aria-label={`Make default: ${profile.profile_name}`}
              onClick={() => update.mutate({ profile_id: profile.id, body: { is_default: true } })}
            >
              Make default
            </Button>
          )}
        </div>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
          {facts.slice(0, 4).map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-ink-faint">{name.replaceAll('_', ' ')}</dt>
              <dd className="truncate text-ink">{value}</dd>
            </div>
          ))}
        </dl>
        <p className="mt-auto text-xs text-ink-faint">
          Used {profile.usage_count.toLocaleString()} times, changed <Time at={profile.updated_at} />
        </p>
      </Card>
    </li>
  )
}

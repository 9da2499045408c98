import { Link } from '@tanstack/react-router'
import { buttonStyle } from '../ui/button.tsx'
import { Empty } from '../ui/states.tsx'

export const NotFound = () => (
  <Empty
    title="There is no such page"
    action={
      <Link to="/" className={buttonStyle({ look: 'plain' })}>
        To the first page
      </Link>
    }
  >
    The address may be mistyped, or what it named is gone.
  </Empty>
)

import '@mantine/notifications/styles.layer.css';
import { type NotificationData, Notifications, notifications, notificationsStore } from '@mantine/notifications';

const AT_ONCE = 4;

export const Corner = () => <Notifications position="bottom-right" limit={AT_ONCE} zIndex={500} />;

/** The oldest makes room: kept waiting, the newest and its undo would come when nobody expects it any more. @returns its id */
export function show(notification: NotificationData): string {
  const { notifications: shown } = notificationsStore.getState();
  const [oldest] = shown;
  if (oldest?.id && shown.length >= AT_ONCE) hide(oldest.id);
  return notifications.show(notification);
}

export const hide = (id: string): void => void notifications.hide(id);

import { words } from './words.svelte';

/** Words that both apps use. */
export const common = words({
  product: ['联动', 'Liandong'],
  loading: ['正在载入…', 'Loading…'],
  none: ['没有', 'None'],
  retry: ['重试', 'Try again'],
  cancel: ['取消', 'Cancel'],
  close: ['关闭', 'Close'],
  save: ['保存', 'Save'],
  lost: ['连接中断', 'Connection lost'],
  account: ['账号', 'Account'],
  password: ['密码', 'Password'],
  signIn: ['登录', 'Sign in'],
  signingIn: ['正在登录…', 'Signing in…'],
  signOut: ['退出登录', 'Sign out'],
  required: ['请填写', 'Required'],
  theme: ['切换日夜', 'Day or night'],
  otherLanguage: ['English', '中文'],
});

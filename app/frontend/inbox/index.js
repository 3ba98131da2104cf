// The inbox in the browser: lists, the task page, bulk completion.

import './inbox.css';

import * as bulkPage from './bulk.js';
import * as keys from './keys.js';
import * as list from './list.js';
import { bulk, task } from './page.js';
import * as queue from './queue.js';
import * as taskPage from './task.js';
import * as where from './where.js';

keys.start();
list.start();
queue.watch();
where.start();
if (task) taskPage.start();
if (bulk) bulkPage.start();

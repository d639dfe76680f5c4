/** The code of a worker thread for trees. */
import { answerRequests } from '../base/index.js';
import { runTreeTask } from './tree-tasks.js';

answerRequests(runTreeTask);

// The auditors' pages need no script of their own but the replay's; this area is their style.
import './audit.css';

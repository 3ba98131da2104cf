// The campaign's pages need no script of their own; this area is their style.
import './campaign.css';

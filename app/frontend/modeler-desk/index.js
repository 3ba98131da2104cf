// Styles of the list of drafts, of the desk around each editor and of the list of versions.
import './desk.css';

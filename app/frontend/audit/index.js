// The auditors' pages need little script of their own but the replay's; this area is their style.
import './audit.css';

document.addEventListener('click', event => {
  if (event.target.closest('[data-print]')) {
    window.print();
  }
});

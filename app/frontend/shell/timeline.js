// On a phone the plan is wider than the screen: it opens where today is.
export function showToday() {
  for (const box of document.querySelectorAll('.timeline-scroll')) {
    const today = box.querySelector('.is-today');
    if (today && box.scrollWidth > box.clientWidth) {
      const at = today.getBoundingClientRect();
      box.scrollLeft += at.left - box.getBoundingClientRect().left - (box.clientWidth - at.width) / 2;
    }
  }
}

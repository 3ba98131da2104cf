(()=>{document.addEventListener("click",e=>{e.target.closest("[data-print]")&&window.print()});})();

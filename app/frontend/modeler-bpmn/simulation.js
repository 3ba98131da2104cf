// Token simulation as a switch of the desk: the picture only, nothing is executed.
export function simulation(desk, modeler) {
  const button = desk.tool(desk.say('simulate'), () => modeler.get('toggleMode').toggleMode(), { 'aria-pressed': 'false' });
  modeler.on('tokenSimulation.toggleMode', ({ active }) => {
    button.textContent = desk.say(active ? 'simulateEnd' : 'simulate');
    button.setAttribute('aria-pressed', String(active));
    document.documentElement.classList.toggle('desk-simulating', active);
  });
}

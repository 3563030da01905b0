"""What partners use, of Node's: composers, a gateway, the clients that browsers use."""

import sys
from pathlib import Path

PARTNERS = Path(__file__).parent
ROOT = PARTNERS.parents[1]
NODE = (str(ROOT / "setup/node"), str(Path(sys.executable).parent), "node")
"""How a script is run: by the machine's Node, or the one brought along."""
INSTALLED = (PARTNERS / "node_modules" / ".installed").is_file()

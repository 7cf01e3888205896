import * as assert from "node:assert/strict";
import { adviseHosts } from "../../../../scripts/lib/hosts";

describe("hosts", () => {
    const entry = "172.18.255.201 dev.local web.dev.local";
    const advise = (more: Partial<Parameters<typeof adviseHosts>[0]>) =>
        adviseHosts({ stack: "dev", entry, file: "127.0.0.1 localhost\n", ...more }).join("\n");

    it("adviseHosts: prints the command and what to do with it", () => {
        assert.equal(
            advise({}),
            "# Run this command. It asks for your password, since the file is the system's:\n" +
                `echo '${entry}' | sudo tee -a /etc/hosts`,
        );
    });

    it("adviseHosts: where the entry is there, says so", () => {
        assert.equal(advise({ file: `${entry}\n` }), `# /etc/hosts already has it: ${entry}`);
    });

    it("adviseHosts: names the lines that lead elsewhere, and the command replaces them", () => {
        const advice = advise({ file: "10.0.0.7 dev.local\n" });
        assert.match(advice, /^# By these lines .* elsewhere:\n# {3}10\.0\.0\.7 dev\.local\n/);
        assert.match(advice, /^sudo cp \/etc\/hosts .* \| sudo tee \/etc\/hosts >\/dev\/null$/m);
    });

    it("adviseHosts: all but the command is a comment", () => {
        const advice = advise({ file: "10.0.0.7 dev.local\n", wslConf: "" });
        assert.equal(advice.split("\n").filter((line) => !line.startsWith("#")).length, 1);
    });

    it("adviseHosts: in WSL without host ports, says that Windows can't reach the address, and what to set", () => {
        const advice = advise({ wslConf: "", stack: "s07" });
        assert.match(advice, /Windows can't reach 172\.18\.255\.201/);
        assert.match(advice, /npm run set -- --stack s07 cluster\.hostPorts\.https 8443$/m);
        assert.doesNotMatch(advice, /drivers\\etc\\hosts/);
    });

    it("adviseHosts: in WSL with host ports, Windows gets 127.0.0.1 and the port", () => {
        const advice = advise({ wslConf: "", httpsPort: 9443 });
        assert.match(advice, /drivers\\etc\\hosts:\n# {3}127\.0\.0\.1 dev\.local web\.dev\.local$/m);
        assert.match(advice, /https:\/\/dev\.local:9443\//);
        assert.doesNotMatch(advice, /can't reach/);
    });

    it("adviseHosts: in WSL where the names lead to localhost already, Windows gets the same line", () => {
        const advice = advise({ wslConf: "", entry: "127.0.0.1 dev.local web.dev.local", httpsPort: 8443 });
        assert.match(advice, /^# {3}127\.0\.0\.1 dev\.local web\.dev\.local$/m);
        assert.doesNotMatch(advice, /can't reach/);
    });

    it("adviseHosts: in WSL, which writes the file anew at each start, says how to keep the line until that is done", () => {
        assert.match(
            advise({ wslConf: "[boot]\nsystemd=true\n" }),
            /WSL writes \/etc\/hosts anew .*\n# {3}\[network\]\n# {3}generateHosts = false/,
        );
        assert.doesNotMatch(advise({ wslConf: "[network]\n generateHosts=false\n" }), /anew/);
        assert.doesNotMatch(advise({}), /WSL|Windows/);
    });
});

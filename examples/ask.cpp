// ask FILE... QUESTION, in C++: handles that free themselves, streams as ranges, failures as exceptions.
#include <sextant.hpp>

#include <iostream>

int main(int argc, char **argv)
{
    if (argc < 3) {
        std::cerr << "usage: ask FILE... QUESTION\n";
        return 2;
    }
    try {
        const std::string_view question = argv[argc - 1];
        sextant::corpus corpus; // in memory
        for (int i = 1; i < argc - 1; i++) corpus.ingest_file(argv[i]);
        sextant::context ctx({nullptr, &corpus, nullptr});
        const sextant::evidence found = ctx.retrieve(question);
        sextant::reply reply = ctx.generate(question, &found);
        for (std::string_view piece : reply) std::cout << piece << std::flush;
        for (const sextant::citation &c : reply.citations())
            std::cout << "\n[" << c.doc << ' ' << c.node << "] " << c.path;
        std::cout << '\n';
    } catch (const sextant::error &problem) {
        std::cerr << "ask: " << problem.what() << '\n';
        return 1;
    }
    return 0;
}
